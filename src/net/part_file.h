/// The file that a download grows in until it is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "sys/unique_fd.h"

namespace keelson::net {

/// Promise: with an expected digest the file is `<digest>.part`, outlives its process, starts with what an earlier
/// run left, and is this process's alone (locked); when another process holds it, or without a digest, it is a
/// scratch file that goes away with the object. The running digest always covers all of its bytes.
class PartFile {
 public:
  PartFile(const std::filesystem::path& folder, const std::optional<Sha256>& expected);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  std::uint64_t size() const { return size_; }
  void append(ByteView bytes);
  /// Forgets everything received.
  void restart();
  /// The digest of all bytes; afterwards only restart() or commit() may follow.
  Sha256 finish() { return hasher_.finish(); }
  /// Renames to the destination, whose folder is created.
  void commit(const std::filesystem::path& destination);

 private:
  bool open_kept(const std::filesystem::path& folder, const Sha256& expected);

  std::filesystem::path path_;
  UniqueFd fd_;
  bool kept_ = false;  // outlives us
  bool committed_ = false;
  std::uint64_t size_ = 0;
  Sha256Hasher hasher_;
};

}  // namespace keelson::net
