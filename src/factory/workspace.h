/// Where a build lays out its tree: memory when there is enough, a folder otherwise. Both vanish with the build.
#pragma once

#include <filesystem>
#include <memory>

#include "base/reporter.h"
#include "base/units.h"
#include "sys/temp_dir.h"

namespace keelson::factory {

class Workspace {
 public:
  /// @param folder where to work; "": memory if `expected` fits twice into what is free, else below `cache_folder`.
  /// Needs the private namespaces.
  Workspace(const std::filesystem::path& folder, const std::filesystem::path& cache_folder, ByteCount expected,
            Reporter& reporter);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();

  const std::filesystem::path& path() const { return directory_->path(); }

 private:
  std::unique_ptr<TempDir> directory_;
  bool mounted_ = false;
};

}  // namespace keelson::factory
