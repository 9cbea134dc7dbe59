#include "kube/credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace keelson::kube {

namespace {

/// A token goes into a header line: no space, no control character, nothing beyond ASCII.
std::string token_of(std::string_view text, std::string_view from) {
  const std::string_view token = trim(text);
  const bool fits = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!fits) throw Error(ErrorKind::BadInput, fmt::format("cannot use the token {}: it is not one word", from));
  return std::string(token);
}

}  // namespace

FileCredentials::FileCredentials(FileCredentialsOptions options)
    : authority_{std::move(options.authority), "certificate authority", {}, {}},
      certificate_{std::move(options.certificate), "client certificate", {}, {}},
      key_{std::move(options.key), "client key", {}, {}},
      token_{std::move(options.token), "token", {}, {}} {}

const std::string& FileCredentials::read(Kept& kept) {
  if (!kept.from.value.empty()) return kept.from.value;
  if (kept.from.file.empty()) return kept.content;
  struct stat info {};
  if (::stat(kept.from.file.c_str(), &info) != 0) {
    if (kept.stamp) return kept.content;  // it is being replaced
    throw system_error(fmt::format("read the {} in", kept.what), kept.from.file.native(), errno);
  }
  const Stamp stamp{.device = info.st_dev,
                    .inode = info.st_ino,
                    .size = info.st_size,
                    .changed_nanoseconds = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
  if (kept.stamp == stamp) return kept.content;
  try {
    std::string content = read_file(kept.from.file, mebibytes(1));
    if (trim(content).empty()) {
      if (kept.stamp) return kept.content;
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read the {} in '{}': it is empty", kept.what, kept.from.file.native()));
    }
    kept.content = std::move(content);
    kept.stamp = stamp;
  } catch (const Error&) {
    if (!kept.stamp) throw;
  }
  return kept.content;
}

Credentials FileCredentials::current() {
  const std::lock_guard lock(mutex_);
  const std::string from = token_.from.value.empty() ? fmt::format("in '{}'", token_.from.file.native())
                                                     : std::string("that the configuration gives");
  return {.authority = read(authority_),
          .certificate = read(certificate_),
          .key = read(key_),
          .token = token_of(read(token_), from)};
}

std::optional<Credentials> FileCredentials::renewed(const Credentials& used) {
  {
    const std::lock_guard lock(mutex_);
    for (Kept* kept : {&authority_, &certificate_, &key_, &token_}) {
      if (kept->stamp) kept->stamp = Stamp{};  // read again, whatever stat(2) says
    }
  }
  Credentials now = current();
  if (now == used) return std::nullopt;
  return now;
}

}  // namespace keelson::kube
