/// A small HTTP/1.1 server for a few pages: /metrics, /healthz, /readyz. GET and HEAD, an answer per connection, no
/// TLS.
///
/// Promise: whatever clients do, it occupies one thread, at most `most_connections` descriptors and a bounded amount of
/// memory, and a client that sends its request whole is answered at once: when there is no room, the connection that
/// has kept us waiting longest makes room. Why not a library's: decision 0035.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"

namespace keelson::fleet {

struct HttpAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpServerOptions {
  std::string listen = "127.0.0.1:0";  ///< "0.0.0.0:8080", "[::]:8080", ":8080" (all addresses); port 0: any
  std::size_t most_connections = 64;
  std::size_t most_head_bytes = 8192;          ///< of a request, with its line
  std::chrono::milliseconds head_time{5'000};  ///< for a request to arrive, from the connection's beginning
  std::chrono::milliseconds answer_time{10'000};
  std::function<void(const Error&)> complain = {};  ///< a page that throws; its client gets 500
};

/// By path, "/metrics". Asked in the server's thread, one at a time.
using HttpPages = std::map<std::string, std::function<HttpAnswer()>>;

class HttpServer {
 public:
  /// Listens when it is made. @throws Error(Usage) for an address that is none; Error for one that cannot be had.
  HttpServer(HttpServerOptions options, HttpPages pages);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Stops at once: connections that are open are cut.
  ~HttpServer();

  std::uint16_t port() const;
  std::string address() const;  ///< "127.0.0.1:8080", "[::]:8080"

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace keelson::fleet
