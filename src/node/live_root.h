/// The system that runs: its files, and what its kernel tells under /proc and /sys. "/" for a program on the node
/// itself; where a pod has the node's root mounted ("/host"), or a test has a folder of files.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/folder_files.h"
#include "inspect/system_files.h"

namespace keelson::node {

class LiveRoot {
 public:
  /// @throws Error if the folder cannot be opened.
  explicit LiveRoot(std::filesystem::path root);

  /// Its files, with what is mounted in it; symlinks end inside. They are read as they are at that moment.
  const inspect::SystemFiles& files() const { return *system_; }
  bool is_this_machine() const { return root_ == "/"; }
  const std::filesystem::path& path() const { return root_; }

  /// What the kernel says in a file of /proc or /sys ("/proc/cmdline"), without white space at its ends and harmless;
  /// nothing when there is no such file, or it cannot be read.
  std::optional<std::string> kernel_says(std::string_view path) const;

 private:
  std::filesystem::path root_;
  std::unique_ptr<inspect::FolderFiles> folder_;
  std::unique_ptr<inspect::SystemFiles> system_;
};

}  // namespace keelson::node
