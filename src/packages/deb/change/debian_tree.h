/// For this folder's network tests: a small Debian system made by mmdebstrap, a tool that is not ours, and the verified
/// indices of its suites.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "packages/deb/repository/cache.h"
#include "packages/deb/resolve/goal.h"

namespace keelson::deb::testing {

class DebianTree {
 public:
  /// Uses the folder that KEELSON_TEST_CACHE names, so that several runs share downloads; otherwise a temporary one.
  DebianTree();

  /// Why there is none (no mmdebstrap, no network, not root), or "".
  const std::string& unavailable() const { return unavailable_; }
  const std::vector<IndexSource>& indices() const { return indices_; }
  std::filesystem::path cache() const { return folder_ / "keelson"; }
  /// Lays the system out below an empty folder, each time the same.
  void lay_out(const std::filesystem::path& folder) const;

 private:
  std::string prepare();

  std::filesystem::path folder_;
  std::vector<IndexSource> indices_;
  std::string unavailable_;  // last: finding it fills the others
};

}  // namespace keelson::deb::testing
