/// Which package a name means. Policy: of all versions that the indices offer only the highest takes part, as with
/// apt's default priorities, unless the goal names another one ("name=version"). What is installed takes part too, and
/// nothing older than it does.
#pragma once

#include <functional>
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
  /// The texts, the directory and the goal's `provided` must outlive this; names that are asked for need not.
  /// @param pinned package name to the only version wanted.
  Candidates(std::span<const std::string_view> texts, const NameDirectory& directory, const Goal& goal,
             std::map<std::string, std::string, std::less<>> pinned);

  /// Says what is installed from here on, and which versions are wanted: both in place of what held before.
  /// `installed`: one record per name; they must outlive this.
  void set_installed(std::span<const PackageRecord* const> installed,
                     std::map<std::string, std::string, std::less<>> pinned);
  /// The installed package of that name, or nullptr.
  const PackageRecord* find_installed(std::string_view name) const;

  /// The package of that name, or nullptr: the installed one unless the indices have a newer one.
  const PackageRecord* find(std::string_view name);
  /// Packages (not that of the name itself) that provide a name, best first: synthetic ones, installed ones, then by
  /// priority (required, important, standard, optional, extra), then by name.
  const std::vector<const PackageRecord*>& providers(std::string_view name);
  /// What satisfies a relation: the package of that name first (the installed one before a newer one), then providers.
  /// A version test is passed by a provider only when it provides a version (Debian Policy 7.5).
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
  // Finds a text by a view of another one.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  const PackageRecord* record_at(const StanzaPlace& place);
  const PackageRecord* best(std::string_view name);
  NameFacts& facts(std::string_view name);
  void add_synthetic(const ProvidedPackage& package);
  bool is_satisfied_by(const Relation& relation, const PackageRecord& package) const;
  bool comes_before(const PackageRecord* a, const PackageRecord* b) const;
  bool is_installed(const PackageRecord* package) const { return find_installed(package->name) == package; }

  std::span<const std::string_view> texts_;
  const NameDirectory& directory_;
  std::string architecture_;
  std::map<std::string, std::string, std::less<>> pinned_;
  std::unordered_map<std::uint64_t, std::unique_ptr<const PackageRecord>> records_;
  std::unordered_map<std::string, NameFacts, TextHash, std::equal_to<>> names_;
  std::vector<std::unique_ptr<const PackageRecord>> own_;
  std::vector<const PackageRecord*> synthetic_;
  std::unordered_map<std::string_view, const PackageRecord*> installed_;
  std::unordered_map<std::string_view, std::vector<const PackageRecord*>> installed_providers_;
};

}  // namespace keelson::deb
