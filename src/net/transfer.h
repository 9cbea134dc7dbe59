/// One file on its way: a request after the other until the file is whole or must be given up.
#pragma once

#include <curl/curl.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "net/download.h"
#include "net/part_file.h"

namespace keelson::net {

/// Promise: commits the file only when it is whole and right, and says after each request what to do next.
/// Belongs to one thread. The order of calls is begin(), then the request runs, then end().
class Transfer {
 public:
  enum class Next { Done, Retry };

  Transfer(const Download& download, const DownloadOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  /// Prepares a request; nothing when the part on disk turned out to be the whole file. The handle is ours.
  CURL* begin();
  /// Judges the request that ended with `code`. @throws Error when no further attempt makes sense.
  Next end(CURLcode code);
  /// How long to wait before the next begin().
  std::chrono::milliseconds delay() const;
  /// After Retry: what went wrong and what comes next, for the user.
  const std::string& complaint() const { return complaint_; }
  /// Attempts in a row that brought nothing worth mentioning.
  unsigned fruitless() const { return fruitless_; }

  const std::string& host() const { return host_; }
  std::uint64_t position() const { return position_; }  ///< bytes of the file that we have
  const Outcome& outcome() const { return outcome_; }

 private:
  static std::size_t take_body(char* data, std::size_t one, std::size_t count, void* self);
  std::size_t take(ByteView bytes);
  void check_scheme() const;
  bool begin_body();
  void set_options();
  void read_validators();
  Next retry(const Error& error);
  Next fetch_again(const Error& error);
  Next end_status(long status);
  Next end_failure(CURLcode code);
  Next finish();
  bool is_whole() const { return download_.size && part_ && part_->size() == download_.size->value; }
  Error unavailable(std::string_view cause) const;
  Error too_large() const;
  Error differs() const;

  const Download& download_;
  const DownloadOptions& options_;
  std::string name_;
  std::string host_;
  bool is_http_ = true;
  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers_;
  std::optional<PartFile> part_;
  Outcome outcome_;
  std::uint64_t position_ = 0;
  std::uint64_t request_start_ = 0;  // bytes that we had when the request began
  unsigned fruitless_ = 0;
  std::string complaint_;
  unsigned requests_ = 0;
  bool digest_differed_ = false;

  // The request that runs now.
  bool body_begun_ = false;
  bool body_wanted_ = false;
  bool too_large_ = false;
  std::uint64_t ignored_ = 0;
  std::exception_ptr broken_;  // thrown inside libcurl's callback, carried around it
  std::array<char, CURL_ERROR_SIZE> curl_says_{};
};

}  // namespace keelson::net
