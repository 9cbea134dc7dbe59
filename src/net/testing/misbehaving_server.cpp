#include "net/testing/misbehaving_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "sys/file.h"

namespace keelson::net::testing {

namespace {

constexpr std::size_t kLargestRequest = 64 * 1024;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

Request parse_request(std::string_view head) {
  Request request;
  const auto lines = split(head, '\n');
  const auto words = split_words(lines[0]);
  if (words.size() > 1) request.path = words[1];
  for (const auto line : lines) {
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) request.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 2));
  }
  return request;
}

// Waits for something to read; false when the server stops.
bool wait_readable(int fd, const std::atomic<bool>& stopping) {
  while (!stopping) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, 20) > 0) return true;
  }
  return false;
}

std::string read_head(int fd, const std::atomic<bool>& stopping) {
  std::string head;
  std::array<char, 4096> buffer{};
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < kLargestRequest) {
    if (!wait_readable(fd, stopping)) return {};
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return {};
    head.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return head;
}

}  // namespace

std::string Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::uint64_t Request::range_start() const {
  const std::string range = header("range");
  constexpr std::string_view kUnit = "bytes=";
  std::uint64_t start = 0;
  if (range.starts_with(kUnit)) std::from_chars(range.data() + kUnit.size(), range.data() + range.size(), start);
  return start;
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty() && !stopping_) {
    pollfd polled{fd_.get(), POLLOUT, 0};
    if (::poll(&polled, 1, 20) == 0) continue;
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return !stopping_;
}

void Connection::answer(std::string_view status, std::string_view body, std::string_view headers) {
  send(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n", status, body.size(), headers));
  send(body);
}

void Connection::stall() {
  char byte = 0;
  while (wait_readable(fd_.get(), stopping_) && ::recv(fd_.get(), &byte, 1, 0) > 0) {
  }
}

MisbehavingServer::MisbehavingServer(Handler handler)
    : handler_(std::move(handler)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket_ || ::bind(socket_.get(), generic, size) != 0 || ::listen(socket_.get(), 128) != 0 ||
      ::getsockname(socket_.get(), generic, &size) != 0) {
    throw system_error("start", "test server", errno);
  }
  port_ = ntohs(address.sin_port);
  listener_ = std::thread([this] { listen(); });
}

MisbehavingServer::~MisbehavingServer() {
  stopping_ = true;
  listener_.join();
  for (auto& thread : connections_) thread.join();
}

void MisbehavingServer::listen() {
  while (wait_readable(socket_.get(), stopping_)) {
    UniqueFd fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (fd) connections_.emplace_back([this, fd = std::move(fd)]() mutable { handle(std::move(fd)); });
  }
}

void MisbehavingServer::handle(UniqueFd fd) {
  const std::string head = read_head(fd.get(), stopping_);
  if (head.empty()) return;
  const Request request = parse_request(head);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  Connection connection(std::move(fd), stopping_);
  handler_(connection, request);
}

std::string MisbehavingServer::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::vector<Request> MisbehavingServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t MisbehavingServer::count(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(requests_.begin(), requests_.end(), [&](const Request& request) { return request.path == path; }));
}

void serve_content(Connection& connection, const Request& request, std::string_view content) {
  const std::string etag = fmt::format("\"{}\"", sha256(content).hex().substr(0, 16));
  if (request.header("if-none-match") == etag) return connection.answer("304 Not Modified", "");
  const std::uint64_t start = request.range_start();
  if (start == 0) return connection.answer("200 OK", content, fmt::format("ETag: {}\r\n", etag));
  if (start >= content.size()) return connection.answer("416 Range Not Satisfiable", "");
  connection.answer(
      "206 Partial Content", content.substr(start),
      fmt::format("ETag: {}\r\nContent-Range: bytes {}-{}/{}\r\n", etag, start, content.size() - 1, content.size()));
}

void serve_file(Connection& connection, const Request& request, const std::filesystem::path& root) {
  const auto path = root / request.path.substr(1);
  if (!std::filesystem::is_regular_file(path)) return connection.answer("404 Not Found", "no such file");
  serve_content(connection, request, read_file(path));
}

}  // namespace keelson::net::testing
