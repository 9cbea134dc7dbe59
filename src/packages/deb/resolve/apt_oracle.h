/// apt as the oracle of the resolver's test: a private apt root over Debian 13, filled from the mirrors that the
/// host's own apt is configured with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packages/deb/resolve/goal.h"
#include "sys/temp_dir.h"

namespace keelson::deb::testing {

class AptOracle {
 public:
  /// Downloads the indices. Check unavailable() before anything else.
  AptOracle();

  /// Why there is nothing to compare with (no apt-get, no mirror, no network), or "".
  const std::string& unavailable() const { return unavailable_; }
  /// The verified indices, uncompressed, in apt's own folder.
  const std::vector<IndexSource>& indices() const { return indices_; }

  struct Answer {
    bool solvable = false;
    std::vector<std::string> packages;  ///< "name version", sorted
    std::string output;
    double cpu_seconds = 0;
  };
  /// What apt would install into an empty system, without recommended packages.
  Answer install(const std::vector<std::string>& names) const;
  /// What apt would do to a system with this status file; `output` is what it says. Essential packages do not go.
  Answer simulate(const std::vector<std::string>& arguments, const std::string& status) const;
  std::filesystem::path cache() const { return root_.path() / "keelson-cache"; }

 private:
  std::vector<std::string> command(std::vector<std::string> arguments) const;
  std::string prepare();
  std::string read_indices();

  TempDir root_{"apt-oracle"};
  std::vector<IndexSource> indices_;
  std::string unavailable_;  // last: finding it fills the others
};

}  // namespace keelson::deb::testing
