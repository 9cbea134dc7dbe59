/// Carrying out a change: the image's own dpkg, in the sandbox.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/reporter.h"
#include "packages/deb/change/boot_programs.h"
#include "packages/deb/change/package_change.h"
#include "sys/root_dir.h"

namespace keelson::deb {

struct ApplyOptions {
  /// Where the .deb of a package of the change lies, verified.
  std::function<std::filesystem::path(const LockedPackage&)> deb_path;
  /// SOURCE_DATE_EPOCH for the scripts; afterwards nothing in the tree is newer. Give it the later of the system's
  /// newest time and Lock::epoch(), so that files of the packages keep theirs.
  std::int64_t epoch = 0;
  std::chrono::seconds timeout{1800};  ///< for each run of dpkg
  std::optional<BootDevices> devices;  ///< absent: the image's GRUB configuration is not made anew
};

/// Removes, unpacks in order, and configures; nothing when the change is empty. Conffiles that were changed in the
/// image stay as they are, as do those of removed packages. No service is started; there is no network. Same tree,
/// change and options: same tree afterwards. What scripts leave behind (logs, lock files, backups of databases) is
/// put back as it was. What was asked for by name and what came along is marked as apt does it.
/// Needs the rights that enter_private_namespaces() gives, and the content of every file in place.
/// @throws Error(BadInput) naming the package whose script failed, with its last words; the tree is of no use then.
void apply_change(const RootDir& root, const PackageChange& change, const ApplyOptions& options, Reporter& reporter);

}  // namespace keelson::deb
