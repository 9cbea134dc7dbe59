/// Which package a name means. Policy: of all versions that the indices offer only the highest takes part, as with
/// apt's default priorities, unless the goal names another one ("name=version").
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "packages/deb/resolve/goal.h"
#include "packages/deb/resolve/index.h"
#include "packages/deb/resolve/name_directory.h"

namespace keelson::deb {

/// Reads records on demand and keeps them; everything it returns lives as long as it does.
/// Not for use by several threads at once: a lookup may read.
class Candidates {
 public:
  /// The texts, the directory and the goal must outlive this. `pinned`: package name to the only version wanted.
  Candidates(std::span<const std::string_view> texts, const NameDirectory& directory, const Goal& goal,
             std::map<std::string, std::string, std::less<>> pinned);

  /// The package of that name, or nullptr.
  const PackageRecord* find(std::string_view name);
  /// Packages (not that of the name itself) that provide a name, best first: synthetic ones, then by priority
  /// (required, important, standard, optional, extra), then by name.
  const std::vector<const PackageRecord*>& providers(std::string_view name);
  /// What satisfies a relation: the package of that name first, then providers. A version test is passed by a
  /// provider only when it provides a version (Debian Policy 7.5).
  std::vector<const PackageRecord*> satisfiers(const Relation& relation);
  /// Every essential package, in order of name.
  std::vector<const PackageRecord*> essential();
  const std::vector<const PackageRecord*>& synthetic() const { return synthetic_; }
  /// All versions of a name that the indices offer, highest first.
  std::vector<std::string_view> versions(std::string_view name);
  std::string_view stanza(const StanzaPlace& place) const;

 private:
  struct NameFacts {
    const PackageRecord* candidate = nullptr;
    bool providers_known = false;
    std::vector<const PackageRecord*> providers;
  };

  const PackageRecord* record_at(const StanzaPlace& place);
  const PackageRecord* best(std::string_view name);
  NameFacts& facts(std::string_view name);
  void add_synthetic(const ProvidedPackage& package);
  bool is_satisfied_by(const Relation& relation, const PackageRecord& package) const;

  std::span<const std::string_view> texts_;
  const NameDirectory& directory_;
  std::string_view architecture_;
  std::map<std::string, std::string, std::less<>> pinned_;
  std::unordered_map<std::uint64_t, std::unique_ptr<const PackageRecord>> records_;
  std::unordered_map<std::string_view, NameFacts> names_;
  std::vector<std::unique_ptr<const PackageRecord>> own_;
  std::vector<const PackageRecord*> synthetic_;
};

}  // namespace keelson::deb
