/// HTTP by libcurl: HTTP/2 where TLS agrees on it (ALPN), HTTP/1.1 for plain http.
///
/// Each exchange runs in its caller's thread on a connection of its own, which is kept for the next one. One
/// connection for all would save a few handshakes and cost a thread, a queue, and a watch that waits behind a list.
/// Sources: RFC 9110, RFC 9113; libcurl 7.84 or newer.
#pragma once

#include <memory>
#include <string>

#include "kube/credentials.h"
#include "kube/transport.h"

namespace keelson::kube {

struct CurlStream;  // curl_exchange.h

struct CurlTransportOptions {
  std::string server;                   ///< "https://10.0.0.1:6443", with a path or without
  std::string tls_server_name;          ///< whom the certificate must name; "": the host in `server`
  bool accept_any_certificate = false;  ///< insecure-skip-tls-verify: anybody can be the server
  std::string proxy;                    ///< "http://proxy:3128"; "": none. libcurl does not look into the environment
  std::string no_proxy;                 ///< hosts that are reached without it, as NO_PROXY lists them
  std::chrono::milliseconds connect_time{10'000};
  std::string user_agent = "keelson";
};

/// Promise: credentials go nowhere but to `server`: redirects are answers, not followed, and a token is not sent over
/// plain http to another machine. A 401 makes the source look for newer credentials, once per request.
class CurlTransport final : public Transport {
 public:
  /// @throws Error(BadInput) when `server` is no http or https URL.
  CurlTransport(CurlTransportOptions options, std::shared_ptr<CredentialSource> credentials);
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;
  ~CurlTransport() override;

  Response send(const Request& request, const std::stop_token& stop = {}) override;
  Streamed stream(const Request& request, std::chrono::milliseconds idle,
                  const std::function<bool(std::string_view)>& take, const std::stop_token& stop = {}) override;

 private:
  class Pool;
  Streamed exchange(const Request& request, const CurlStream* stream, const std::stop_token& stop);
  void check_token(const Credentials& credentials) const;

  CurlTransportOptions options_;
  std::shared_ptr<CredentialSource> credentials_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace keelson::kube
