/// A small HTTP/1.1 server on the loopback for tests: it serves what a test says, rightly or wrongly.
/// For tests only; no product links it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sys/unique_fd.h"

namespace keelson::net::testing {

struct Request {
  std::string path;                            ///< with the leading slash
  std::map<std::string, std::string> headers;  ///< names in lower case

  std::string header(const std::string& name) const;
  /// The first byte that a "Range: bytes=N-" asks for, or 0.
  std::uint64_t range_start() const;
};

/// One connection, which ends when its handler returns.
class Connection {
 public:
  Connection(UniqueFd fd, const std::atomic<bool>& stopping) : fd_(std::move(fd)), stopping_(stopping) {}

  /// Sends raw bytes. Returns false once the client has hung up or the server stops.
  bool send(std::string_view bytes);
  /// A whole answer. `status` is "200 OK"; `headers` are lines that end in CR LF.
  void answer(std::string_view status, std::string_view body, std::string_view headers = {});
  /// Sends nothing more until the client hangs up or the server stops.
  void stall();
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  const std::atomic<bool>& stopping_;
};

/// Promise: listens on a port of its own until it is destroyed; then every connection is closed and joined.
class MisbehavingServer {
 public:
  /// Called for each request on a thread of its own.
  using Handler = std::function<void(Connection&, const Request&)>;

  explicit MisbehavingServer(Handler handler);
  MisbehavingServer(const MisbehavingServer&) = delete;
  MisbehavingServer& operator=(const MisbehavingServer&) = delete;
  ~MisbehavingServer();

  /// "http://127.0.0.1:<port>"
  std::string url() const;
  /// Everything asked so far, in order of arrival.
  std::vector<Request> requests() const;
  std::size_t count(std::string_view path) const;

 private:
  void listen();
  void handle(UniqueFd fd);

  Handler handler_;
  UniqueFd socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<std::thread> connections_;
  std::thread listener_;
};

/// Serves a file below `root` as a good server does: ranges, ETag, 304 and 404.
void serve_file(Connection& connection, const Request& request, const std::filesystem::path& root);
/// The same for content at hand.
void serve_content(Connection& connection, const Request& request, std::string_view content);

}  // namespace keelson::net::testing
