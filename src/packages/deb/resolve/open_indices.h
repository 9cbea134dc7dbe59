/// The package indices of one resolution, with the directory of names over them.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/reporter.h"
#include "packages/deb/resolve/goal.h"
#include "packages/deb/resolve/name_directory.h"
#include "sys/file.h"

namespace keelson::deb {

/// Puts results into the cache. No resolution needs that: when the cache is read-only or full, it is said once.
class Keeper {
 public:
  explicit Keeper(Reporter& reporter) : reporter_(reporter) {}

  template <typename Body>
  void keep(Body&& body) {
    if (failed_) return;
    try {
      body();
    } catch (const Error& error) {
      failed_ = true;
      reporter_.warn("the next resolution will be slower: " + error.message());
    }
  }

 private:
  Reporter& reporter_;
  bool failed_ = false;
};

/// The indices' texts and the directory over them. The views are valid as long as the object.
class OpenIndices {
 public:
  /// @param cache_folder where directories of names are kept, by the digests of their indices.
  /// @throws Error(BadInput) for a malformed index.
  OpenIndices(const std::vector<IndexSource>& indices, std::string_view architecture,
              const std::filesystem::path& cache_folder, Keeper& keeper, Reporter& reporter);

  const std::vector<std::string_view>& texts() const { return texts_; }
  const NameDirectory& directory() const { return *directory_; }

 private:
  void open_directory(const std::filesystem::path& path, std::string_view architecture, Keeper& keeper,
                      Reporter& reporter);

  std::deque<MappedFile> files_;
  std::vector<std::string_view> texts_;
  std::optional<MappedFile> kept_;
  Bytes made_;
  std::optional<NameDirectory> directory_;
};

/// "trixie, trixie-security": where packages are looked for, for messages.
std::string suite_names(const std::vector<IndexSource>& indices);

}  // namespace keelson::deb
