/// Running dpkg and the maintainer scripts inside the sandbox.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "packages/deb/install/dpkg_database.h"

namespace keelson::deb {

struct ConfigureOptions {
  std::int64_t epoch = 0;               ///< SOURCE_DATE_EPOCH for the scripts
  bool shortcuts = true;                ///< see shortcuts.h; off: every script runs as packaged
  std::string deferred_selinux_policy;  ///< with shortcuts: see defer_selinux_policy(); "": compiled by its package
  std::chrono::seconds timeout{1800};   ///< for all scripts together
};

/// A preinst script that diverts other packages' files must run before its own files appear: such a package is left
/// to dpkg itself.
bool needs_dpkg_unpack(const std::map<std::string, std::string>& control);

/// Runs the preinst scripts of packages that Keelson unpacked, lets dpkg unpack the packages `by_dpkg` (paths of .deb
/// files on the host), and then lets dpkg configure everything, triggers included.
/// @throws Error(BadInput) naming the package whose script failed, with the last lines that it printed.
void configure_packages(const RootDir& root, const std::vector<UnpackedPackage>& packages,
                        const std::vector<std::filesystem::path>& by_dpkg, const ConfigureOptions& options,
                        Reporter& reporter);

}  // namespace keelson::deb
