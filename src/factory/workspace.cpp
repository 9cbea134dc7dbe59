#include "factory/workspace.h"

#include <fmt/format.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/namespaces.h"

namespace keelson::factory {

namespace fs = std::filesystem;

Workspace::Workspace(const fs::path& folder, const fs::path& cache_folder, ByteCount expected, Reporter& reporter) {
  const fs::path parent = folder.empty() ? cache_folder / "work" : folder;
  fs::create_directories(parent);
  remove_stale_temporaries(parent);
  try {
    directory_ = std::make_unique<TempDir>("build", parent);
  } catch (const Error& error) {
    throw Error(error.kind(), error.message(),
                folder.empty() ? "choose another folder with --cache-dir" : error.hint());
  }
  const ByteCount available = available_memory();
  if (folder.empty() && available.value / 2 > expected.value) {
    mounted_ = true;
    mount_workspace(directory_->path(), {available.value / 4 * 3});
    reporter.detail(
        fmt::format("working in memory ({} expected, {} free)", human_size(expected), human_size(available)));
  } else {
    reporter.detail(fmt::format("working in {}", directory_->path().native()));
  }
}

Workspace::~Workspace() {
  if (mounted_) unmount_workspace(directory_->path());
}

}  // namespace keelson::factory
