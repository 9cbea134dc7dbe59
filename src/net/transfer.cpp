#include "net/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace keelson::net {

namespace {

constexpr long kMostRedirects = 10;
constexpr unsigned kMostRequests = 50;             // per file, whatever progress they made
constexpr std::uint64_t kIgnoredBody = 64 * 1024;  // of an error page, before we hang up
constexpr std::uint64_t kFruitful = 64 * 1024;     // less is no progress: a mirror that drips must end, too
constexpr std::string_view kTryLater = "check the network and the mirror; a second run goes on where this one stopped";

template <typename Value>
void set(CURL* curl, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  if (code != CURLE_OK) {
    throw Error(ErrorKind::Internal, fmt::format("cannot set up libcurl: {}", curl_easy_strerror(code)));
  }
}

std::string header(CURL* curl, const char* name) {
  curl_header* found = nullptr;
  if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

std::string last_part(std::string_view url) {
  const auto path = url.substr(0, url.find_first_of("?#"));
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto rest = url.substr(scheme + 3);
  return std::string(rest.substr(0, rest.find('/')));
}

bool is_temporary(long status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

}  // namespace

Transfer::Transfer(const Download& download, const DownloadOptions& options)
    : download_(download),
      options_(options),
      name_(download.name.empty() ? last_part(download.url) : download.name),
      host_(host_of(download.url)),
      is_http_(!download.url.starts_with("file:")),
      curl_(nullptr, curl_easy_cleanup),
      headers_(nullptr, curl_slist_free_all) {}

Transfer::~Transfer() = default;

Error Transfer::unavailable(std::string_view cause) const {
  return Error(ErrorKind::Unavailable, fmt::format("cannot fetch '{}': {}", download_.url, cause),
               std::string(kTryLater));
}

Error Transfer::too_large() const {
  if (download_.size) {
    return Error(ErrorKind::Refused, fmt::format("cannot verify '{}': it is larger than the signed index says", name_),
                 "the mirror may be mid-update; run again, or pin with 'keelson lock'");
  }
  return Error(ErrorKind::Refused,
               fmt::format("cannot fetch '{}': it is larger than {}", download_.url, human_size(download_.limit)));
}

Error Transfer::differs() const {
  return Error(ErrorKind::Refused, fmt::format("cannot verify '{}': sha256 differs from the signed index", name_),
               "the mirror may be mid-update; run again, or pin with 'keelson lock'");
}

void Transfer::set_options() {
  CURL* curl = curl_.get();
  set(curl, CURLOPT_URL, download_.url.c_str());
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
  set(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");  // no redirect may reach the host's own files
  set(curl, CURLOPT_FOLLOWLOCATION, 1L);
  set(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(curl, CURLOPT_USERAGENT, "keelson");
  set(curl, CURLOPT_BUFFERSIZE, 256L * 1024);
  set(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_time.count()));
  set(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_time.count()));
  set(curl, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(options_.stall_rate.value));
  set(curl, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(curl, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(curl, CURLOPT_ERRORBUFFER, curl_says_.data());
  if (!options_.proxy.empty()) set(curl, CURLOPT_PROXY, options_.proxy == "DIRECT" ? "" : options_.proxy.c_str());
}

// Before libcurl sees it: its own "unsupported protocol" also stands for answers that are no HTTP.
void Transfer::check_scheme() const {
  for (const std::string_view scheme : {"http://", "https://", "file:"}) {
    if (download_.url.starts_with(scheme)) return;
  }
  throw Error(ErrorKind::BadInput, fmt::format("cannot fetch '{}': only http, https and file URLs are", download_.url));
}

CURL* Transfer::begin() {
  check_scheme();
  ++requests_;
  if (!part_) {
    part_.emplace(options_.partial_folder, download_.sha256);
    outcome_.resumed = part_->size() > 0;
  }
  // Local files are copied from the start: cheaper than asking what the part is worth.
  if (!is_http_ || (download_.size && part_->size() > download_.size->value)) part_->restart();
  if (!download_.sha256) part_->restart();  // nothing would prove that two parts belong together
  request_start_ = position_ = part_->size();
  if (is_whole() && request_start_ > 0 && finish() == Next::Done) return nullptr;
  request_start_ = position_ = part_->size();
  curl_.reset(curl_easy_init());
  if (!curl_) throw Error(ErrorKind::Unavailable, "cannot start a download: out of memory");
  body_begun_ = body_wanted_ = too_large_ = false;
  ignored_ = 0;
  curl_says_.fill('\0');
  set_options();
  // CURLOPT_RANGE, not RESUME_FROM: a server that ignores ranges then simply starts over.
  if (request_start_ > 0) set(curl_.get(), CURLOPT_RANGE, fmt::format("{}-", request_start_).c_str());
  headers_.reset();
  if (download_.unless && is_http_) {
    const auto add = [this](std::string_view name, const std::string& value) {
      if (value.empty()) return;
      headers_.reset(curl_slist_append(headers_.release(), fmt::format("{}: {}", name, value).c_str()));
    };
    add("If-None-Match", download_.unless->etag);
    add("If-Modified-Since", download_.unless->last_modified);
    if (headers_) set(curl_.get(), CURLOPT_HTTPHEADER, headers_.get());
  }
  return curl_.get();
}

std::size_t Transfer::take_body(char* data, std::size_t one, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take(as_bytes(std::string_view(data, one * count)));
}

// Decides with the first byte what the body is: the file, its rest, or something to ignore.
bool Transfer::begin_body() {
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (!is_http_ || status == 200) {
    if (part_->size() > 0) part_->restart();
    request_start_ = 0;
    return true;
  }
  if (status != 206) return false;
  if (header(curl_.get(), "Content-Range").starts_with(fmt::format("bytes {}-", part_->size()))) return true;
  part_->restart();
  return false;
}

std::size_t Transfer::take(ByteView bytes) {
  constexpr std::size_t kHangUp = 0;
  try {
    if (!std::exchange(body_begun_, true)) body_wanted_ = begin_body();
    if (!body_wanted_) {
      ignored_ += bytes.size();
      return ignored_ > kIgnoredBody ? kHangUp : bytes.size();
    }
    const std::uint64_t bound = download_.size ? download_.size->value : download_.limit.value;
    if (bytes.size() > bound - std::min(bound, part_->size())) {
      too_large_ = true;
      return kHangUp;
    }
    part_->append(bytes);
    outcome_.received.value += bytes.size();
    position_ = part_->size();
    return bytes.size();
  } catch (...) {  // an exception must not pass through libcurl's frames
    broken_ = std::current_exception();
    return kHangUp;
  }
}

Transfer::Next Transfer::retry(const Error& error) {
  const bool progress = part_->size() >= request_start_ + kFruitful;
  fruitless_ = progress ? 1 : fruitless_ + 1;
  if (fruitless_ >= options_.attempts || requests_ >= kMostRequests) throw error;
  complaint_ = fmt::format("{}; trying again ({} of {})", error.message(), fruitless_ + 1, options_.attempts);
  return Next::Retry;
}

// What came can't be the file: once that may be an accident, on the way or in the part of an earlier run.
Transfer::Next Transfer::fetch_again(const Error& error) {
  part_->restart();
  if (std::exchange(digest_differed_, true)) throw error;
  complaint_ = fmt::format("{}; fetching it again", error.message());
  return Next::Retry;
}

std::chrono::milliseconds Transfer::delay() const {
  if (fruitless_ == 0) return std::chrono::milliseconds(0);
  return std::min(std::chrono::milliseconds(500) * (1 << std::min(fruitless_ - 1, 8U)),
                  std::chrono::milliseconds(8000));
}

Transfer::Next Transfer::end(CURLcode code) {
  if (broken_) std::rethrow_exception(broken_);
  if (too_large_) {
    if (!download_.sha256) throw too_large();
    return fetch_again(too_large());
  }
  // Some servers promise more than they send; the size and the digest know better.
  if (is_whole() && download_.sha256 && body_wanted_) return finish();
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (is_http_ && status >= 300) return end_status(status);
  if (code != CURLE_OK) return end_failure(code);
  if (body_begun_ && !body_wanted_) return retry(unavailable("the server sent another range than we asked for"));
  if (download_.size && part_->size() < download_.size->value) {
    return retry(unavailable(fmt::format("the server sent only {} of {} bytes", part_->size(), download_.size->value)));
  }
  if (!body_begun_ && part_->size() > 0) part_->restart();  // an empty 200 for a file that we had a part of
  return finish();
}

Transfer::Next Transfer::end_status(long status) {
  const std::string cause = fmt::format("the server answers {}", status);
  if (status == 304 && download_.unless) {
    outcome_.not_modified = true;
    outcome_.validators = *download_.unless;
    part_.reset();
    return Next::Done;
  }
  if (status == 416) {  // the part is longer than the server's file
    part_->restart();
    return retry(unavailable(cause));
  }
  if (status == 404 || status == 410) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot fetch '{}': {}", download_.url, cause));
  }
  if (status == 401 || status == 403 || status == 407) {
    throw Error(ErrorKind::Refused, fmt::format("cannot fetch '{}': {}", download_.url, cause));
  }
  if (is_temporary(status)) return retry(unavailable(cause));
  throw unavailable(cause);
}

Transfer::Next Transfer::end_failure(CURLcode code) {
  const auto refuse = [this](ErrorKind kind, std::string_view cause) -> Error {
    return Error(kind, fmt::format("cannot fetch '{}': {}", download_.url, cause));
  };
  const std::string said = curl_says_[0] != '\0' ? curl_says_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
      throw refuse(ErrorKind::BadInput, "this is no URL");
    case CURLE_FILE_COULDNT_READ_FILE:
      throw refuse(ErrorKind::NotFound, "no such file");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      throw refuse(ErrorKind::Refused, said);
    case CURLE_TOO_MANY_REDIRECTS:
      throw unavailable(fmt::format("more than {} redirects", kMostRedirects));
    case CURLE_OPERATION_TIMEDOUT:
      return retry(unavailable("the server stalls"));
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
      return retry(unavailable(fmt::format("the server hung up after {} bytes", part_->size())));
    default:
      return retry(unavailable(said));
  }
}

Transfer::Next Transfer::finish() {
  read_validators();
  if (download_.sha256 && part_->finish() != *download_.sha256) return fetch_again(differs());
  part_->commit(download_.destination);
  position_ = part_->size();
  part_.reset();
  return Next::Done;
}

void Transfer::read_validators() {
  if (!curl_) return;
  outcome_.validators = {header(curl_.get(), "ETag"), header(curl_.get(), "Last-Modified")};
}

}  // namespace keelson::net
