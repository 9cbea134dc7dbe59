#include "packages/deb/resolve/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/error.h"
#include "packages/deb/version.h"

namespace keelson::deb {

namespace {

std::size_t rank(std::string_view priority) {
  constexpr std::array<std::string_view, 4> kOrder{"required", "important", "standard", "optional"};
  return static_cast<std::size_t>(std::find(kOrder.begin(), kOrder.end(), priority) - kOrder.begin());
}

bool provides_name(const PackageRecord& package, std::string_view name) {
  return std::any_of(package.provides.begin(), package.provides.end(),
                     [&](const Relation& own) { return own.name == name; });
}

}  // namespace

Candidates::Candidates(std::span<const std::string_view> texts, const NameDirectory& directory, const Goal& goal,
                       std::map<std::string, std::string, std::less<>> pinned)
    : texts_(texts), directory_(directory), architecture_(goal.architecture), pinned_(std::move(pinned)) {
  for (const auto& package : goal.provided) add_synthetic(package);
}

void Candidates::set_installed(std::span<const PackageRecord* const> installed,
                               std::map<std::string, std::string, std::less<>> pinned) {
  names_.clear();
  installed_.clear();
  installed_providers_.clear();
  pinned_ = std::move(pinned);
  for (const auto* package : installed) {
    installed_.emplace(package->name, package);
    for (const auto& own : package->provides) {
      auto& list = installed_providers_[own.name];
      if (own.name != package->name && (list.empty() || list.back() != package)) list.push_back(package);
    }
  }
}

const PackageRecord* Candidates::find_installed(std::string_view name) const {
  const auto found = installed_.find(name);
  return found == installed_.end() ? nullptr : found->second;
}

bool Candidates::comes_before(const PackageRecord* a, const PackageRecord* b) const {
  const auto key = [&](const PackageRecord* package) {
    return std::tuple(!package->synthetic, !is_installed(package), !package->essential, rank(package->priority),
                      package->name, package->installed);
  };
  return key(a) < key(b);
}

void Candidates::add_synthetic(const ProvidedPackage& package) {
  PackageRecord record{.name = package.name, .version = package.version, .architecture = "all", .synthetic = true};
  for (const auto& text : package.provides) {
    for (const auto& relation : parse_relation_list(text, "Provides of " + package.name))
      record.provides.push_back(relation);
  }
  own_.push_back(std::make_unique<const PackageRecord>(std::move(record)));
  synthetic_.push_back(own_.back().get());
}

std::string_view Candidates::stanza(const StanzaPlace& place) const {
  // The directory comes from a cache: it must not be able to send us out of the text.
  if (place.index >= texts_.size() || place.offset > texts_[place.index].size() ||
      place.length > texts_[place.index].size() - place.offset) {
    throw Error(ErrorKind::BadInput, "cannot read 'name directory': it points outside the package index");
  }
  return texts_[place.index].substr(place.offset, place.length);
}

const PackageRecord* Candidates::record_at(const StanzaPlace& place) {
  const std::uint64_t key = (std::uint64_t{place.index} << 32) | place.offset;
  auto& slot = records_[key];
  if (!slot) slot = std::make_unique<const PackageRecord>(read_record(stanza(place), place));
  return slot.get();
}

const PackageRecord* Candidates::best(std::string_view name) {
  for (const auto* own : synthetic_) {
    if (own->name == name) return own;
  }
  const auto pin = pinned_.find(name);
  const PackageRecord* there = find_installed(name);
  if (there != nullptr && pin != pinned_.end() && compare_versions(there->version, pin->second) == 0) return there;
  const PackageRecord* chosen = nullptr;
  for (const auto& place : directory_.find(name).packages) {
    const PackageRecord* record = record_at(place);
    if (record->name != name)
      throw Error(ErrorKind::BadInput, "cannot read 'name directory': it does not fit its package index");
    if (pin != pinned_.end()) {
      if (compare_versions(record->version, pin->second) == 0 && chosen == nullptr) chosen = record;
    } else if (chosen == nullptr || compare_versions(record->version, chosen->version) > 0) {
      chosen = record;
    }
  }
  if (there != nullptr && pin == pinned_.end() &&
      (chosen == nullptr || compare_versions(chosen->version, there->version) <= 0))
    return there;
  return chosen;
}

Candidates::NameFacts& Candidates::facts(std::string_view name) {
  const auto found = names_.find(name);
  if (found != names_.end()) return found->second;
  const PackageRecord* candidate = best(name);
  return names_.emplace(std::string(name), NameFacts{.candidate = candidate}).first->second;
}

const PackageRecord* Candidates::find(std::string_view name) { return facts(name).candidate; }

const std::vector<const PackageRecord*>& Candidates::providers(std::string_view name) {
  if (NameFacts& known = facts(name); known.providers_known) return known.providers;
  std::vector<const PackageRecord*> list;
  for (const auto* own : synthetic_) {
    if (provides_name(*own, name)) list.push_back(own);
  }
  for (const auto& place : directory_.find(name).providers) {
    const PackageRecord* record = record_at(place);
    // Only a candidate can be installed: an older version's promises do not count.
    if (record->name != name && find(record->name) == record && !is_installed(record)) list.push_back(record);
  }
  // An installed one counts as long as it is there, also when the indices have a newer one.
  if (const auto there = installed_providers_.find(name); there != installed_providers_.end())
    list.insert(list.end(), there->second.begin(), there->second.end());
  std::sort(list.begin(), list.end(), [this](const auto* a, const auto* b) { return comes_before(a, b); });
  NameFacts& known = facts(name);  // looked up again: find() above may have moved it
  known.providers = std::move(list);
  known.providers_known = true;
  return known.providers;
}

bool Candidates::is_satisfied_by(const Relation& relation, const PackageRecord& package) const {
  if (package.name == relation.name) {
    if (!is_version_accepted(relation, package.version)) return false;
    if (relation.qualifier == "any") return package.any_architecture_allowed;
    return relation.qualifier.empty() || relation.qualifier == architecture_ || relation.qualifier == "all";
  }
  if (!relation.qualifier.empty() && relation.qualifier != architecture_) return false;
  return std::any_of(package.provides.begin(), package.provides.end(), [&](const Relation& own) {
    if (own.name != relation.name) return false;
    if (relation.test == VersionTest::Any) return true;
    return own.test == VersionTest::Equal && is_version_accepted(relation, own.version);
  });
}

std::vector<const PackageRecord*> Candidates::satisfiers(const Relation& relation) {
  std::vector<const PackageRecord*> list;
  const PackageRecord* there = find_installed(relation.name);
  if (there != nullptr && is_satisfied_by(relation, *there)) list.push_back(there);
  const PackageRecord* named = find(relation.name);
  if (named != nullptr && named != there && is_satisfied_by(relation, *named)) list.push_back(named);
  for (const auto* provider : providers(relation.name)) {
    if (is_satisfied_by(relation, *provider)) list.push_back(provider);
  }
  return list;
}

std::vector<const PackageRecord*> Candidates::essential() {
  std::vector<const PackageRecord*> list;
  for (const auto& place : directory_.essential()) {
    const PackageRecord* record = record_at(place);
    if (find(record->name) == record) list.push_back(record);
  }
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return list;
}

std::vector<std::string_view> Candidates::versions(std::string_view name) {
  std::vector<std::string_view> list;
  for (const auto& place : directory_.find(name).packages) list.push_back(record_at(place)->version);
  std::sort(list.begin(), list.end(), [](auto a, auto b) { return compare_versions(a, b) > 0; });
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

}  // namespace keelson::deb
