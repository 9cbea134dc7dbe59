/// Fetches many files at once over http, https and file URLs: resumed, retried, bounded and verified.
///
/// Promise: a file stands under its destination's name only when it is whole and, where a digest was given, right.
/// What a killed run received stays as `<digest>.part` in the partial folder, and the next run asks for the rest
/// only; the digest covers the whole in the end, so that a wrong part costs one more download and nothing else.
/// Source: RFC 9110 (sections 13 conditional requests, 14 ranges), libcurl 7.84 or newer.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "base/sha256.h"
#include "base/units.h"

namespace keelson::net {

/// What a server said of the version that we hold, verbatim; sent back so that it can answer "not modified".
struct Validators {
  std::string etag;
  std::string last_modified;
};

/// One file to fetch.
struct Download {
  std::string url;
  std::filesystem::path destination;  ///< on the partial folder's file system; its folder is created
  std::optional<Sha256> sha256;       ///< absent: not verified here, and not resumable
  std::optional<ByteCount> size;      ///< exact; absent: whatever comes up to `limit`
  ByteCount limit = gibibytes(4);     ///< what may be received when no size is given
  std::optional<Validators> unless;   ///< answer "not modified" when the file still has these
  std::string name = {};              ///< what messages call it; "": the last part of the URL
};

/// What became of one download, in the order of the request.
struct Outcome {
  bool not_modified = false;  ///< the destination was left alone
  bool resumed = false;       ///< a part from before was used
  ByteCount received;         ///< over the network, retries included
  Validators validators;      ///< for the next conditional request
};

struct DownloadOptions {
  std::filesystem::path partial_folder;  ///< must exist
  std::string what = "downloading";      ///< the progress step's name; "": no step
  unsigned attempts = 3;                 ///< per file, those in a row that bring less than 64 KiB
  std::chrono::seconds stall_time{10};   ///< under stall_rate for this long: the attempt ends
  ByteCount stall_rate{100};             ///< per second: a 56k line shared by eight files gives each seven times that
  std::chrono::seconds connect_time{10};
  unsigned per_host = 8;   ///< files at the same time from one host
  std::string proxy = {};  ///< for http and https; "": as libcurl finds it; "DIRECT": none
  std::function<void(std::chrono::milliseconds)> sleep = {};  ///< how to wait before a retry; absent: really
};

/// Fetches everything, or throws the first failure (the other files' parts are kept for the next run). A server that
/// says nothing is given up after attempts × stall_time, however many files and servers do so. Each host's first retry,
/// and each further one in a row, is a warning to the reporter; what else is tried again, a detail.
/// @throws Error(NotFound) the server has no such file; Error(Refused) a digest differs twice, a file is larger than
/// its bound, or the server's certificate or permission says no; Error(Unavailable) connection, stall, truncation or
/// server failure after all attempts, or a full disk; Error(BadInput) a URL that is none.
std::vector<Outcome> download(const std::vector<Download>& downloads, const DownloadOptions& options,
                              Reporter& reporter);

}  // namespace keelson::net
