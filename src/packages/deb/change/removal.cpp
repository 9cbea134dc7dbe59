#include "packages/deb/change/removal.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"

namespace keelson::deb {

namespace {

/// Spreads a removal along the needs of what is installed.
class Removal {
 public:
  explicit Removal(std::span<const PackageRecord* const> installed) : installed_(installed) {
    for (const auto* package : installed) {
      bearers_[package->name].push_back({package, package->version, true});
      for (const auto& own : package->provides) {
        if (own.name != package->name) bearers_[own.name].push_back({package, own.version, false});
      }
    }
  }

  void remove(const PackageRecord* package) {
    if (gone_.emplace(package, Cause{}).second) open_.push_back(package);
  }

  // Each package is looked at again whenever one that it needs goes: bounded by the number of needs.
  void spread() {
    std::unordered_map<std::string_view, std::vector<const PackageRecord*>> needed_by;
    for (const auto* package : installed_) {
      for (const auto* field : {&package->pre_depends, &package->depends}) {
        for (const auto& need : *field) {
          for (const auto& relation : need) needed_by[relation.name].push_back(package);
        }
      }
    }
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const PackageRecord* lost = open_[i];
      std::vector<std::string_view> names{lost->name};
      for (const auto& own : lost->provides) names.push_back(own.name);
      for (const auto name : names) {
        for (const auto* package : needed_by[name]) look_at(package, lost);
      }
    }
  }

  bool is_gone(const PackageRecord* package) const { return gone_.count(package) != 0; }

  // "dash needs libc6 (>= 2.38)", from the essential package back to what was named.
  std::string story(const PackageRecord* package) const {
    std::vector<std::string> parts;
    for (auto at = gone_.find(package); at != gone_.end() && at->second.lost != nullptr;
         at = gone_.find(at->second.lost)) {
      parts.push_back(fmt::format("{} needs {}", at->first->name, to_text(*at->second.need)));
      if (parts.size() > 16) break;
    }
    return fmt::format("{}", fmt::join(parts, ", and "));
  }

 private:
  struct Bearer {
    const PackageRecord* package;
    std::string_view version;
    bool is_own_name;
  };
  struct Cause {
    const PackageRecord* lost = nullptr;  // what had to be there
    const Alternatives* need = nullptr;
  };

  bool fits(const Relation& relation, const Bearer& bearer) const {
    if (relation.test == VersionTest::Any) return true;
    return (bearer.is_own_name || !bearer.version.empty()) && is_version_accepted(relation, bearer.version);
  }

  bool is_met(const Alternatives& need, bool before) const {
    for (const auto& relation : need) {
      const auto found = bearers_.find(relation.name);
      if (found == bearers_.end()) continue;
      for (const auto& bearer : found->second) {
        if (fits(relation, bearer) && (before || !is_gone(bearer.package))) return true;
      }
    }
    return false;
  }

  void look_at(const PackageRecord* package, const PackageRecord* lost) {
    if (is_gone(package)) return;
    for (const auto* field : {&package->pre_depends, &package->depends}) {
      for (const auto& need : *field) {
        if (is_met(need, false) || !is_met(need, true)) continue;
        gone_.emplace(package, Cause{lost, &need});
        open_.push_back(package);
        return;
      }
    }
  }

  std::span<const PackageRecord* const> installed_;
  std::unordered_map<std::string_view, std::vector<Bearer>> bearers_;
  std::unordered_map<const PackageRecord*, Cause> gone_;  // only looked up, never walked
  std::vector<const PackageRecord*> open_;
};

[[noreturn]] void refuse(const Removal& removal, const std::vector<const PackageRecord*>& unwanted,
                         const std::vector<const PackageRecord*>& essential) {
  std::vector<std::string> names;
  for (const auto* package : unwanted) names.push_back(fmt::format("'{}'", package->name));
  std::vector<std::string> reasons;
  for (const auto* package : essential) {
    const std::string story = removal.story(package);
    reasons.push_back(story.empty() ? fmt::format("{} is essential", package->name)
                                    : fmt::format("{}, and {} is essential", story, package->name));
    if (reasons.size() == 4) break;
  }
  const std::string title = fmt::format("cannot remove {}:", join_words(names));
  const std::string hint = "a system does not work without its essential packages";
  if (reasons.size() == 1) throw Error(ErrorKind::Refused, fmt::format("{} {}", title, reasons[0]), hint);
  throw Error(ErrorKind::Refused, fmt::format("{}\n  {}", title, fmt::join(reasons, "\n  ")), hint);
}

}  // namespace

std::vector<const PackageRecord*> without(std::span<const PackageRecord* const> installed,
                                          const std::vector<const PackageRecord*>& unwanted) {
  Removal removal(installed);
  for (const auto* package : unwanted) removal.remove(package);
  removal.spread();
  std::vector<const PackageRecord*> staying;
  std::vector<const PackageRecord*> essential;
  for (const auto* package : installed) {
    if (!removal.is_gone(package)) {
      staying.push_back(package);
    } else if (package->essential) {
      essential.push_back(package);
    }
  }
  if (!essential.empty()) refuse(removal, unwanted, essential);
  return staying;
}

}  // namespace keelson::deb
