/// One exchange by libcurl: a request, and what came of it.
#pragma once

#include <curl/curl.h>

#include <array>
#include <exception>
#include <memory>
#include <optional>

#include "kube/curl_transport.h"

namespace keelson::kube {

/// A connection that may be used again, and whose credentials it was made with. Belongs to one thread at a time.
struct CurlChannel {
  std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> connections{nullptr, curl_multi_cleanup};
  Credentials credentials;
};

/// The parts of the server's URL that requests are made of.
struct ServerAddress {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< IPv6 addresses in brackets
  std::string port;    ///< "" when the URL has none
  std::string path;    ///< without a slash at its end

  std::string authority() const { return port.empty() ? host : host + ':' + port; }
};

/// @throws Error(BadInput): no URL, not http or https, with a user, query or fragment.
ServerAddress parse_server(const std::string& url);

/// For a stream: how long it may be silent, and who takes its chunks.
struct CurlStream {
  std::chrono::milliseconds idle;
  const std::function<bool(std::string_view)>& take;
};

/// Promise: runs once; never leaves its handle in the channel; exceptions of `take` come out of run().
class CurlExchange {
 public:
  CurlExchange(const CurlTransportOptions& options, const Request& request, const CurlChannel& channel,
               const CurlStream* stream);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  /// @throws TransportError, and what the stream's `take` throws.
  Streamed run(const std::stop_token& stop);

 private:
  using Now = std::chrono::steady_clock;
  enum class Cut { No, Deadline, Idle, Stopped, TooLarge };

  static std::size_t take_header(char* data, std::size_t one, std::size_t count, void* self);
  static std::size_t take_body(char* data, std::size_t one, std::size_t count, void* self);
  void set_address();
  void set_identity();
  void set_request();
  void add_header(const std::string& line);
  bool is_streaming() const { return stream_ != nullptr && response_.status == 200; }
  std::size_t take(std::string_view bytes);
  Now::time_point next_limit() const;
  Cut limit_passed(const std::stop_token& stop) const;
  CURLcode transfer(const std::stop_token& stop);
  Streamed finish(CURLcode code);
  [[noreturn]] void fail(CURLcode code);
  [[noreturn]] void fail_verification();
  TransportError error(ErrorKind kind, std::string_view why, std::string hint = {}) const;
  bool may_have_arrived() const;

  const CurlTransportOptions& options_;
  const Request& request_;
  const CurlChannel& channel_;
  const CurlStream* stream_;
  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_;
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> connect_to_;
  Response response_;
  std::size_t header_bytes_ = 0;
  bool headers_whole_ = false;
  Now::time_point started_;
  Now::time_point last_bytes_;
  Cut cut_ = Cut::No;
  std::exception_ptr broken_;  // thrown by `take`, carried around libcurl
  std::array<char, CURL_ERROR_SIZE> said_{};
};

}  // namespace keelson::kube
