#include "fleet/operations/listen_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <optional>

#include "base/error.h"

namespace keelson::fleet {

namespace {

constexpr int kBacklog = 128;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

Error no_address(const std::string& where) {
  return Error(ErrorKind::Usage, fmt::format("cannot listen at '{}': that is no address and port", where),
               "write a numeric address and a port: 0.0.0.0:8080, [::1]:8080, or :8080 for every address");
}

std::uint16_t port_of(const std::string& where, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) throw no_address(where);
  return port;
}

Address ipv6(const in6_addr& host, std::uint16_t port) {
  Address address;
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.bytes);
  in6->sin6_family = AF_INET6;
  in6->sin6_addr = host;
  in6->sin6_port = htons(port);
  address.size = sizeof(sockaddr_in6);
  return address;
}

Address ipv4(const in_addr& host, std::uint16_t port) {
  Address address;
  auto* in = reinterpret_cast<sockaddr_in*>(&address.bytes);
  in->sin_family = AF_INET;
  in->sin_addr = host;
  in->sin_port = htons(port);
  address.size = sizeof(sockaddr_in);
  return address;
}

Address parse_address(const std::string& where) {
  const auto colon = where.rfind(':');
  if (colon == std::string::npos) throw no_address(where);
  const auto port = port_of(where, std::string_view(where).substr(colon + 1));
  std::string host = where.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    in6_addr number{};
    if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &number) != 1) throw no_address(where);
    return ipv6(number, port);
  }
  in_addr number{};
  if (::inet_pton(AF_INET, host.c_str(), &number) != 1) throw no_address(where);
  return ipv4(number, port);
}

// Nothing when it cannot be had: errno says why.
UniqueFd try_listen(const Address& address, bool ipv4_too) {
  UniqueFd fd(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return {};
  const int on = 1;
  const int only_6 = ipv4_too ? 0 : 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.bytes.ss_family == AF_INET6) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_6, sizeof only_6);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    const int why = errno;
    fd.reset();
    errno = why;
  }
  return fd;
}

void tell_address(ListenSocket& socket) {
  Address address;
  address.size = sizeof address.bytes;
  ::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&address.bytes), &address.size);
  char text[INET6_ADDRSTRLEN] = {};
  if (address.bytes.ss_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.bytes);
    socket.port = ntohs(in6->sin6_port);
    socket.address = fmt::format("[{}]:{}", ::inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text), socket.port);
  } else {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&address.bytes);
    socket.port = ntohs(in->sin_port);
    socket.address = fmt::format("{}:{}", ::inet_ntop(AF_INET, &in->sin_addr, text, sizeof text), socket.port);
  }
}

}  // namespace

ListenSocket listen_at(const std::string& where) {
  ListenSocket socket;
  if (where.starts_with(':')) {
    const auto port = port_of(where, std::string_view(where).substr(1));
    socket.fd = try_listen(ipv6(in6addr_any, port), true);
    // A kernel without IPv6.
    if (!socket.fd && errno != EADDRINUSE) socket.fd = try_listen(ipv4(in_addr{INADDR_ANY}, port), false);
  } else {
    socket.fd = try_listen(parse_address(where), false);
  }
  if (!socket.fd) {
    const int why = errno;
    if (why == EADDRINUSE) {
      throw Error(ErrorKind::Unavailable, fmt::format("cannot listen at '{}': something else does already", where),
                  "choose another port");
    }
    throw system_error("listen at", where, why);
  }
  tell_address(socket);
  return socket;
}

}  // namespace keelson::fleet
