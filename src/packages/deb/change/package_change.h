/// What is to become of the packages of a system that exists: the goal, and the exact change it comes to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "packages/deb/lock.h"

namespace keelson::deb {

/// Always done in this order: remove, update all, install, update; each with what the one before left.
struct ChangeGoal {
  std::vector<std::string> remove;   ///< names; what needs them goes too
  bool update_all = false;           ///< newer versions of everything, where nothing has to go for it
  std::vector<std::string> install;  ///< "name" or "name=version"
  std::vector<std::string> update;   ///< "name" or "name=version", of packages that are installed
  bool recommends = false;           ///< also what new packages recommend

  bool empty() const { return remove.empty() && !update_all && install.empty() && update.empty(); }
  /// Whether package indices are needed: to remove, nothing is asked of an archive.
  bool needs_archive() const { return update_all || !install.empty() || !update.empty(); }
};

/// Done by apply_change(): first all of `remove`, then `install` in its order. `LockedPackage::requested` is set for
/// what the goal names.
struct PackageChange {
  std::string architecture;            ///< of the system
  std::vector<LockedPackage> install;  ///< new or newer, in an order in which dpkg can unpack them
  /// Package of `install` to the packages of `install` that must be configured before it is unpacked (Pre-Depends).
  std::map<std::string, std::vector<std::string>> configure_before;
  std::map<std::string, std::string> old_versions;  ///< of the packages of `install` that are there: their version
  std::vector<std::string> remove;                  ///< sorted by name
  std::vector<std::string> asked_for;               ///< sorted; installed by name, so no longer "automatic"

  bool empty() const { return install.empty() && remove.empty(); }
};

/// The lock of a change: what it installs, sorted by name. The caller fills in Lock::suites.
Lock lock_of(const PackageChange& change, const ChangeGoal& goal);

}  // namespace keelson::deb
