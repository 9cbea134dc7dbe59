/// The folder that keeps what was downloaded: content-addressed objects, parts of downloads, and each suite's
/// InRelease. Several processes may use it at once: everything appears by rename, under the name of its digest.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/units.h"

namespace keelson::deb {

/// Promise: an object's file is whole (but its bytes may have been damaged since: whoever relies on them hashes).
/// Layout: objects/ab/<64 digits> · partial/ · archives/<16 digits>/InRelease
class Cache {
 public:
  /// Creates the folders and clears what killed runs left. A folder that exists but cannot be written to still serves
  /// for reading. @throws Error if it is no folder or cannot be created.
  explicit Cache(std::filesystem::path root);

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path object_path(const Sha256& sha256) const;
  /// Is there an object of this digest and size? It does not read the bytes.
  bool has(const Sha256& sha256, ByteCount size) const;
  /// The same, and the bytes are still those of the digest: reads the whole object.
  bool has_intact(const Sha256& sha256, ByteCount size) const;
  /// For parts and scratch files: on the same file system as the objects.
  std::filesystem::path partial_folder() const { return root_ / "partial"; }
  /// Where a suite's InRelease is remembered; created if the cache can be written to.
  std::filesystem::path suite_folder(std::string_view uri, std::string_view suite) const;

  bool is_writable() const { return !why_not_; }
  /// @throws Error(Refused) with the cause and a hint when the cache is read-only.
  void require_writable() const;

  /// Makes a finished file of the partial folder the object of this digest; the caller has verified it.
  void commit(const std::filesystem::path& temporary, const Sha256& sha256) const;
  /// Forgets a damaged object.
  void remove(const Sha256& sha256) const;

 private:
  std::filesystem::path root_;
  std::optional<int> why_not_;  // errno of the first write that failed
};

}  // namespace keelson::deb
