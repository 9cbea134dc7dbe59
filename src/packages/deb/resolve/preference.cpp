#include "packages/deb/resolve/preference.h"

#include <algorithm>

namespace keelson::deb {

PreferenceWalk::PreferenceWalk(Candidates& candidates, const PoolOptions& options, const Rejected& rejected,
                               const std::vector<const PackageRecord*>& start,
                               const std::vector<const PackageRecord*>& standing)
    : candidates_(candidates), options_(options), rejected_(rejected) {
  std::unordered_set<std::string_view> renewed;
  for (const auto* package : start) {
    mark(package, nullptr);
    renewed.insert(package->name);
  }
  for (const auto* package : standing) {
    if (renewed.count(package->name) == 0) mark(package, nullptr);
  }
  for (const auto* package : start) follow(package);
}

std::vector<PreferenceWalk::Missing> PreferenceWalk::missing_from(
    const std::vector<const PackageRecord*>& solution) const {
  const std::unordered_set<const PackageRecord*> in(solution.begin(), solution.end());
  std::vector<Missing> missing;
  for (const auto* package : order_) {
    if (in.count(package) != 0 || in.count(cause_.at(package)) == 0) continue;
    bool replaced = false;
    for (const auto& relation : *clause_.at(package)) {
      for (const auto* other : candidates_.satisfiers(relation)) {
        replaced = replaced || (in.count(other) != 0 && was_picked_because_of(other, package));
      }
    }
    missing.push_back({package, replaced});
  }
  return missing;
}

bool PreferenceWalk::was_picked_because_of(const PackageRecord* package, const PackageRecord* origin) const {
  for (auto at = cause_.find(package); at != cause_.end() && at->second != nullptr; at = cause_.find(at->second)) {
    if (at->second == origin) return true;
  }
  return false;
}

void PreferenceWalk::mark(const PackageRecord* package, const PackageRecord* cause) {
  if (!cause_.emplace(package, cause).second) return;
  order_.push_back(package);
  for (const auto& conflict : package->conflicts) {
    for (const auto* other : candidates_.satisfiers(conflict)) {
      if (other != package) conflicting_.insert(other);
    }
  }
}

// The depth is bounded by the number of packages on one dependency chain (a few hundred in Debian 13); to be safe
// against a hostile index the chain is walked with a list of our own, not with the call stack.
void PreferenceWalk::follow(const PackageRecord* package) {
  struct Visit {
    const PackageRecord* package;
    std::vector<const Alternatives*> open;  // in reverse: the next one is at the back
  };
  std::vector<Visit> path;
  const auto enter = [&](const PackageRecord* next) {
    if (!followed_.insert(next).second) return;
    Visit visit{next, {}};
    for (const auto* list : {&next->pre_depends, &next->depends}) {
      for (const auto& alternatives : *list) visit.open.push_back(&alternatives);
    }
    if (options_.recommends) {
      for (const auto& alternatives : next->recommends) visit.open.push_back(&alternatives);
    }
    // What leaves no choice first: it may settle the choices, as it does in apt.
    std::stable_partition(visit.open.begin(), visit.open.end(), [](const auto* a) { return a->size() == 1; });
    std::reverse(visit.open.begin(), visit.open.end());
    path.push_back(std::move(visit));
  };
  enter(package);
  while (!path.empty()) {
    if (path.back().open.empty()) {
      path.pop_back();
      continue;
    }
    const Alternatives* alternatives = path.back().open.back();
    path.back().open.pop_back();
    const std::size_t before = order_.size();
    satisfy(*alternatives, path.back().package);
    if (order_.size() > before) enter(order_.back());
  }
}

void PreferenceWalk::satisfy(const Alternatives& alternatives, const PackageRecord* cause) {
  std::vector<const PackageRecord*> options;
  for (const auto& relation : alternatives) {
    for (const auto* package : candidates_.satisfiers(relation)) {
      if (is_marked(package)) {
        // libsolv may come to this choice before it knows that the package is in.
        if (alternatives.size() > 1 || !options.empty()) add_choice(package);
        return;
      }
      options.push_back(package);
    }
  }
  for (const auto* package : options) {
    if (is_blocked(package)) continue;
    mark(package, cause);
    clause_.emplace(package, &alternatives);
    if (options.size() > 1) add_choice(package);
    return;
  }
}

void PreferenceWalk::add_choice(const PackageRecord* package) {
  if (is_choice_.insert(package).second) choices_.push_back(package);
}

bool PreferenceWalk::is_blocked(const PackageRecord* package) {
  if (rejected_.count(package) != 0 || conflicting_.count(package) != 0) return true;
  for (const auto& conflict : package->conflicts) {
    for (const auto* other : candidates_.satisfiers(conflict)) {
      if (other != package && is_marked(other)) return true;
    }
  }
  return false;
}

}  // namespace keelson::deb
