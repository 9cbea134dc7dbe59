// Listening sockets, from /proc/net as proc(5) describes it.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxSockets = 1000;

template <typename Number>
std::optional<Number> parse_number(std::string_view text, int base) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The kernel prints an address as 32-bit words in the machine's own byte order; amd64 and arm64 are little-endian.
std::optional<std::string> address_text(std::string_view hex) {
  std::array<unsigned char, 16> bytes{};
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  for (std::size_t word = 0; word < hex.size() / 8; ++word) {
    const auto value = parse_number<std::uint32_t>(hex.substr(word * 8, 8), 16);
    if (!value) return std::nullopt;
    for (std::size_t i = 0; i < 4; ++i) bytes[word * 4 + i] = static_cast<unsigned char>(*value >> (8 * i));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(hex.size() == 8 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr)
    return std::nullopt;
  return std::string(text.data());
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

// Which process holds which socket: "/proc/PID/fd:" lines, each followed by inode numbers.
std::map<std::string, std::string, std::less<>> owners(const Sections& sections) {
  std::map<std::string, std::string, std::less<>> names;  // by process id
  for (const auto line : split(section_text(sections, "processes"), '\n')) {
    constexpr std::string_view prefix = "/proc/", middle = "/comm:";
    const auto at = line.find(middle);
    if (!line.starts_with(prefix) || at == std::string_view::npos) continue;
    names.emplace(line.substr(prefix.size(), at - prefix.size()), line.substr(at + middle.size()));
  }
  std::map<std::string, std::string, std::less<>> result;  // by inode
  std::string process;
  for (const auto line : split(section_text(sections, "sockets"), '\n')) {
    if (line.starts_with("/proc/")) {
      const auto id = line.substr(6, line.find('/', 6) - 6);
      const auto found = names.find(id);
      process = found == names.end() ? std::string() : found->second;
    } else if (!process.empty()) {
      result.emplace(trim(line), process);
    }
  }
  return result;
}

// One line of /proc/net/{tcp,udp}…, if it is a socket that waits for others to begin.
std::optional<json> listening_row(std::string_view line, std::string_view protocol,
                                  const std::map<std::string, std::string, std::less<>>& by_inode) {
  const auto words = split_words(line);
  // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
  if (words.size() < 10) return std::nullopt;
  const bool tcp = protocol.starts_with("tcp");
  if (words[3] != (tcp ? "0A" : "07")) return std::nullopt;  // TCP_LISTEN; for UDP TCP_CLOSE: not connected
  const auto colon = words[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = address_text(words[1].substr(0, colon));
  const auto port = parse_number<std::uint16_t>(words[1].substr(colon + 1), 16);
  if (!address || !port) return std::nullopt;
  json row{{"protocol", protocol}, {"address", *address}, {"port", *port}, {"loopback", is_loopback(*address)}};
  const auto owner = by_inode.find(words[9]);
  if (owner != by_inode.end()) row["process"] = owner->second;
  return row;
}

}  // namespace

json listening_sockets(const Sections& sections) {
  const auto by_inode = owners(sections);
  json result = json::array();
  for (const std::string_view protocol : {"tcp", "tcp6", "udp", "udp6"}) {
    for (const auto line : split(section_text(sections, fmt::format("net-{}", protocol)), '\n')) {
      if (auto row = listening_row(line, protocol, by_inode); row && result.size() < kMaxSockets)
        result.push_back(std::move(*row));
    }
  }
  return result;
}

}  // namespace keelson::machine
