#include "kube/curl_transport.h"

#include <fmt/format.h>

#include <mutex>
#include <vector>

#include "kube/curl_exchange.h"

namespace keelson::kube {

namespace {

constexpr std::size_t kMostIdleConnections = 16;
constexpr int kUnauthorized = 401;

void initialise_libcurl() {
  // Thread-safe initialisation of statics, and libcurl's own count of calls.
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw Error(ErrorKind::Internal, "cannot set up libcurl");
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

}  // namespace

/// Connections that wait for their next exchange, the latest used first.
class CurlTransport::Pool {
 public:
  CurlChannel take(const Credentials& credentials) {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      CurlChannel channel = std::move(idle_.back());
      idle_.pop_back();
      // Made with another identity: closed, so that a certificate that was withdrawn is not used on.
      if (channel.credentials == credentials) return channel;
    }
    CurlChannel channel;
    channel.connections.reset(curl_multi_init());
    if (!channel.connections) throw Error(ErrorKind::Unavailable, "cannot start a request: out of memory");
    channel.credentials = credentials;
    return channel;
  }

  void give_back(CurlChannel channel) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMostIdleConnections) idle_.push_back(std::move(channel));
  }

 private:
  std::mutex mutex_;
  std::vector<CurlChannel> idle_;
};

CurlTransport::CurlTransport(CurlTransportOptions options, std::shared_ptr<CredentialSource> credentials)
    : options_(std::move(options)), credentials_(std::move(credentials)), pool_(std::make_unique<Pool>()) {
  initialise_libcurl();
  (void)parse_server(options_.server);
}

CurlTransport::~CurlTransport() = default;

void CurlTransport::check_token(const Credentials& credentials) const {
  if (credentials.token.empty()) return;
  const ServerAddress server = parse_server(options_.server);
  if (server.scheme == "https" || is_loopback(server.host)) return;
  throw Error(
      ErrorKind::Refused,
      fmt::format("cannot send a token to '{}': plain http would show it to everybody on the way", options_.server),
      "use the server's https address");
}

Streamed CurlTransport::exchange(const Request& request, const CurlStream* stream, const std::stop_token& stop) {
  Credentials credentials = credentials_->current();
  for (bool renewed = false;; renewed = true) {
    check_token(credentials);
    CurlChannel channel = pool_->take(credentials);
    Streamed result = CurlExchange(options_, request, channel, stream).run(stop);
    if (result.end == StreamEnd::Ended) pool_->give_back(std::move(channel));
    if (result.response.status != kUnauthorized || renewed) return result;
    auto newer = credentials_->renewed(credentials);
    if (!newer) return result;
    credentials = std::move(*newer);
  }
}

Response CurlTransport::send(const Request& request, const std::stop_token& stop) {
  return exchange(request, nullptr, stop).response;
}

Streamed CurlTransport::stream(const Request& request, std::chrono::milliseconds idle,
                               const std::function<bool(std::string_view)>& take, const std::stop_token& stop) {
  const CurlStream stream{.idle = idle, .take = take};
  return exchange(request, &stream, stop);
}

}  // namespace keelson::kube
