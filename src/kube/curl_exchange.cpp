#include "kube/curl_exchange.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <ctime>

#include "base/harmless_text.h"
#include "base/text.h"
#include "base/units.h"

namespace keelson::kube {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostHeaderBytes = 256 * 1024;
constexpr std::size_t kMostErrorBody = 1024 * 1024;  // of an answer in place of a stream

template <typename Value>
void set(CURL* curl, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  if (code != CURLE_OK) {
    throw Error(ErrorKind::Internal, fmt::format("cannot set up libcurl: {}", curl_easy_strerror(code)));
  }
}

/// The bytes must live as long as the handle: nothing is copied, so that no second copy of a key stays behind.
void set_blob(CURL* curl, CURLoption option, const std::string& bytes) {
  curl_blob blob{.data = const_cast<char*>(bytes.data()), .len = bytes.size(), .flags = CURL_BLOB_NOCOPY};
  set(curl, option, &blob);
}

/// A peer that hangs up must not end the program: TLS libraries write without MSG_NOSIGNAL.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;
  ~SigpipeBlocked() {
    const timespec at_once{};
    if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

// OpenSSL's X509_V_ERR_*, which CURLINFO_SSL_VERIFYRESULT gives.
constexpr long kNotYetValid = 9;
constexpr long kExpired = 10;
constexpr std::array<long, 6> kUnknownAuthority{2, 18, 19, 20, 21, 24};

}  // namespace

ServerAddress parse_server(const std::string& url) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorKind::BadInput, fmt::format("cannot use the server '{}': {}", harmless_text(url), why),
                 "a server is like https://10.0.0.1:6443");
  };
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) throw refuse("it is no URL");
  ServerAddress address{.scheme = url_part(parsed.get(), CURLUPART_SCHEME),
                        .host = url_part(parsed.get(), CURLUPART_HOST),
                        .port = url_part(parsed.get(), CURLUPART_PORT),
                        .path = url_part(parsed.get(), CURLUPART_PATH)};
  if (address.scheme != "http" && address.scheme != "https") throw refuse("only http and https are spoken");
  if (!url_part(parsed.get(), CURLUPART_USER).empty()) throw refuse("a user in a server's URL is not supported");
  if (!url_part(parsed.get(), CURLUPART_QUERY).empty() || !url_part(parsed.get(), CURLUPART_FRAGMENT).empty()) {
    throw refuse("it has a query or a fragment");
  }
  while (address.path.ends_with('/')) address.path.pop_back();
  return address;
}

CurlExchange::CurlExchange(const CurlTransportOptions& options, const Request& request, const CurlChannel& channel,
                           const CurlStream* stream)
    : options_(options),
      request_(request),
      channel_(channel),
      stream_(stream),
      curl_(curl_easy_init(), curl_easy_cleanup),
      headers_(nullptr, curl_slist_free_all),
      connect_to_(nullptr, curl_slist_free_all) {
  if (!curl_) throw Error(ErrorKind::Unavailable, "cannot start a request: out of memory");
  set_address();
  set_identity();
  set_request();
}

void CurlExchange::set_address() {
  CURL* curl = curl_.get();
  const ServerAddress server = parse_server(options_.server);
  const bool renamed = server.scheme == "https" && !options_.tls_server_name.empty();
  std::string authority = server.authority();
  if (renamed) {
    // libcurl takes both SNI and the name to verify from the URL: so the URL names whom we expect, and the
    // connection goes to where the server is.
    authority = options_.tls_server_name + (server.port.empty() ? "" : ':' + server.port);
    connect_to_.reset(curl_slist_append(nullptr, fmt::format("::{}:{}", server.host, server.port).c_str()));
    set(curl, CURLOPT_CONNECT_TO, connect_to_.get());
    add_header(fmt::format("Host: {}", server.authority()));
  }
  const std::string url = fmt::format("{}://{}{}{}", server.scheme, authority, server.path, target_of(request_));
  set(curl, CURLOPT_URL, url.c_str());
  set(curl, CURLOPT_PATH_AS_IS, 1L);
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set(curl, CURLOPT_NOSIGNAL, 1L);
  const auto version = server.scheme == "https" ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
  set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(version));
  // Both are set always, so that libcurl does not ask the environment.
  set(curl, CURLOPT_PROXY, options_.proxy.c_str());
  set(curl, CURLOPT_NOPROXY, options_.no_proxy.c_str());
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_time.count()));
  set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
}

void CurlExchange::set_identity() {
  CURL* curl = curl_.get();
  const Credentials& identity = channel_.credentials;
  if (options_.accept_any_certificate) {
    set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!identity.authority.empty()) {
    set_blob(curl, CURLOPT_CAINFO_BLOB, identity.authority);
    set(curl, CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // else the system's authorities count as well
  }
  if (!identity.certificate.empty()) {
    set(curl, CURLOPT_SSLCERTTYPE, "PEM");
    set_blob(curl, CURLOPT_SSLCERT_BLOB, identity.certificate);
    set(curl, CURLOPT_SSLKEYTYPE, "PEM");
    set_blob(curl, CURLOPT_SSLKEY_BLOB, identity.key);
  }
  if (!identity.token.empty()) add_header("Authorization: Bearer " + identity.token);
}

void CurlExchange::set_request() {
  CURL* curl = curl_.get();
  add_header("Accept: " + request_.accept);
  add_header("Expect:");
  if (!request_.content_type.empty() || !request_.body.empty()) {
    set(curl, CURLOPT_POSTFIELDS, request_.body.c_str());
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    add_header("Content-Type: " + request_.content_type);
  }
  set(curl, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  // A watch is sent as its events come; compressing would hold them back.
  if (stream_ == nullptr) set(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
  set(curl, CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(curl, CURLOPT_HTTPHEADER, headers_.get());
  set(curl, CURLOPT_HEADERFUNCTION, &CurlExchange::take_header);
  set(curl, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(curl, CURLOPT_WRITEFUNCTION, &CurlExchange::take_body);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(curl, CURLOPT_ERRORBUFFER, said_.data());
}

void CurlExchange::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw Error(ErrorKind::Unavailable, "cannot start a request: out of memory");
  (void)headers_.release();
  headers_.reset(longer);
}

std::size_t CurlExchange::take_header(char* data, std::size_t one, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::size_t size = one * count;
  const std::string_view line = trim(std::string_view(data, size));
  exchange.last_bytes_ = Now::now();
  if (line.starts_with("HTTP/")) {  // also a proxy's answer, and 1xx: only the last block counts
    exchange.response_.headers.clear();
    exchange.header_bytes_ = 0;
    long status = 0;
    curl_easy_getinfo(exchange.curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response_.status = static_cast<int>(status);
    exchange.response_.protocol = line.substr(0, line.find(' '));
    return size;
  }
  if (line.empty()) {
    exchange.headers_whole_ = exchange.response_.status >= 200;
    return size;
  }
  exchange.header_bytes_ += size;
  if (exchange.header_bytes_ > kMostHeaderBytes) {
    exchange.cut_ = Cut::TooLarge;
    return 0;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    exchange.response_.headers[lower(trim(line.substr(0, colon)))] = trim(line.substr(colon + 1));
  }
  return size;
}

std::size_t CurlExchange::take_body(char* data, std::size_t one, std::size_t count, void* self) {
  return static_cast<CurlExchange*>(self)->take({data, one * count});
}

std::size_t CurlExchange::take(std::string_view bytes) {
  last_bytes_ = Now::now();
  if (is_streaming()) {
    try {
      if (stream_->take(bytes)) return bytes.size();
      cut_ = Cut::Stopped;
    } catch (...) {
      broken_ = std::current_exception();
    }
    return 0;
  }
  const std::size_t bound = stream_ == nullptr ? request_.most_bytes : kMostErrorBody;
  if (bytes.size() > bound - std::min(bound, response_.body.size())) {
    cut_ = Cut::TooLarge;
    return 0;
  }
  response_.body += bytes;
  return bytes.size();
}

CurlExchange::Now::time_point CurlExchange::next_limit() const {
  if (is_streaming() && headers_whole_) return last_bytes_ + stream_->idle;
  return started_ + request_.deadline;
}

CurlExchange::Cut CurlExchange::limit_passed(const std::stop_token& stop) const {
  if (stop.stop_requested()) return Cut::Stopped;
  if (Now::now() < next_limit()) return Cut::No;
  return is_streaming() && headers_whole_ ? Cut::Idle : Cut::Deadline;
}

CURLcode CurlExchange::transfer(const std::stop_token& stop) {
  CURLM* multi = channel_.connections.get();
  if (curl_multi_add_handle(multi, curl_.get()) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
  struct Removed {
    CURLM* multi;
    CURL* curl;
    ~Removed() { curl_multi_remove_handle(multi, curl); }
  } const removed{multi, curl_.get()};
  const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
  for (int running = 1; running != 0;) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    if (running == 0) break;
    cut_ = limit_passed(stop);
    if (cut_ != Cut::No) return CURLE_ABORTED_BY_CALLBACK;
    const auto left = std::chrono::ceil<milliseconds>(next_limit() - Now::now()).count();
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::clamp<std::int64_t>(left, 1, 60'000)), nullptr);
  }
  int waiting = 0;
  const CURLMsg* message = curl_multi_info_read(multi, &waiting);
  return message != nullptr && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
}

Streamed CurlExchange::run(const std::stop_token& stop) {
  const SigpipeBlocked no_signal;
  started_ = last_bytes_ = Now::now();
  const CURLcode code = transfer(stop);
  if (broken_) std::rethrow_exception(broken_);
  return finish(code);
}

Streamed CurlExchange::finish(CURLcode code) {
  if (code == CURLE_OK) return {.response = std::move(response_)};
  if (is_streaming() || (stream_ != nullptr && cut_ == Cut::Stopped)) {
    // Whatever cut it: what came is good, and who watches goes on from there.
    const StreamEnd end = cut_ == Cut::Stopped ? StreamEnd::Stopped
                          : cut_ == Cut::Idle  ? StreamEnd::Idle
                                               : StreamEnd::Ended;
    return {.response = std::move(response_), .end = end};
  }
  fail(code);
}

bool CurlExchange::may_have_arrived() const {
  curl_off_t before_transfer = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_PRETRANSFER_TIME_T, &before_transfer);
  return before_transfer > 0;
}

TransportError CurlExchange::error(ErrorKind kind, std::string_view why, std::string hint) const {
  using Arrival = TransportError::Arrival;
  return {kind, may_have_arrived() ? Arrival::Perhaps : Arrival::Never,
          fmt::format("cannot ask '{}' for '{}': {}", options_.server, request_.name(), why), std::move(hint)};
}

void CurlExchange::fail_verification() {
  long result = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_SSL_VERIFYRESULT, &result);
  if (result == kExpired) {
    throw error(ErrorKind::Refused, "the server's certificate has expired",
                "renew it on the server; if it is new, check this machine's clock");
  }
  if (result == kNotYetValid) {
    throw error(ErrorKind::Refused, "the server's certificate is not valid yet", "check this machine's clock");
  }
  if (std::find(kUnknownAuthority.begin(), kUnknownAuthority.end(), result) != kUnknownAuthority.end()) {
    throw error(ErrorKind::Refused, "the server's certificate is signed by an authority that is not trusted here",
                "the cluster's certificate-authority in the kubeconfig must be the server's own");
  }
  const std::string said = harmless_text(said_.data());
  if (said.find("subject name") != std::string::npos || said.find("does not match") != std::string::npos) {
    throw error(ErrorKind::Refused, "the server's certificate names other hosts",
                "use a name that it holds as the server, or give that name as tls-server-name");
  }
  throw error(ErrorKind::Refused, fmt::format("the server's certificate is not accepted: {}", said));
}

void CurlExchange::fail(CURLcode code) {
  switch (cut_) {
    case Cut::Deadline:
      throw error(ErrorKind::Unavailable, fmt::format("no answer within {} ms", request_.deadline.count()));
    case Cut::Stopped:
      throw error(ErrorKind::Unavailable, "it was stopped");
    case Cut::TooLarge:
      throw error(ErrorKind::Refused,
                  fmt::format("the answer is larger than {}", human_size(ByteCount{request_.most_bytes})));
    default:
      break;
  }
  const std::string said = harmless_text(said_[0] != '\0' ? said_.data() : curl_easy_strerror(code));
  long number = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_OS_ERRNO, &number);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      throw error(ErrorKind::Unavailable, "no address is known for that host", "check the server's name, and DNS");
    case CURLE_COULDNT_RESOLVE_PROXY:
      throw error(ErrorKind::Unavailable, fmt::format("no address is known for the proxy '{}'", options_.proxy));
    case CURLE_COULDNT_CONNECT:
      throw error(ErrorKind::Unavailable, number != 0 ? describe_errno(static_cast<int>(number)) : said,
                  "check that the API server runs and that its address and port are right");
    case CURLE_OPERATION_TIMEDOUT:
      throw error(ErrorKind::Unavailable, fmt::format("no connection within {} ms", options_.connect_time.count()),
                  "check the address, and whether a firewall drops what is sent there");
    case CURLE_PEER_FAILED_VERIFICATION:
      fail_verification();
    case CURLE_SSL_CACERT_BADFILE:
      throw error(ErrorKind::BadInput, "the certificate authority that the configuration gives is no PEM certificate");
    case CURLE_SSL_CERTPROBLEM:
      throw error(ErrorKind::BadInput, "the client certificate and its key can't be used together",
                  "both must be PEM, and the key must be the certificate's");
    case CURLE_SSL_CONNECT_ERROR:
      throw error(ErrorKind::Unavailable, fmt::format("no TLS connection: {}", said),
                  "check that this port speaks https");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      throw error(ErrorKind::Unavailable, "the answer is no HTTP", "check that this port is an API server's");
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      throw error(ErrorKind::Unavailable, "the connection was cut before the answer was whole");
    default:
      throw error(ErrorKind::Unavailable, said);
  }
}

}  // namespace keelson::kube
