#include "packages/deb/resolve/preferred.h"

#include <unordered_set>

#include "packages/deb/resolve/preference.h"

namespace keelson::deb {

namespace {

// Debian's goals settle after one or two rounds; the bound is against an index that never does.
constexpr int kMostRounds = 8;

}  // namespace

std::vector<const PackageRecord*> reachable(Candidates& candidates, const std::vector<const PackageRecord*>& wanted,
                                            const PoolOptions& options) {
  std::vector<const PackageRecord*> list;
  std::unordered_set<const PackageRecord*> seen;
  const auto add = [&](const PackageRecord* package) {
    if (seen.insert(package).second) list.push_back(package);
  };
  for (const auto* package : wanted) add(package);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const PackageRecord& package = *list[i];
    for (const auto* field : {&package.pre_depends, &package.depends, &package.recommends}) {
      if (field == &package.recommends && !options.recommends) continue;
      for (const auto& alternatives : *field) {
        for (const auto& relation : alternatives) {
          for (const auto* other : candidates.satisfiers(relation)) add(other);
        }
      }
    }
  }
  return list;
}

SolverOutcome solve_as_preferred(SolverPool& pool, SolverJobs jobs, Candidates& candidates, const PoolOptions& options,
                                 const PreferredFrom& from) {
  const auto optional = jobs.install_if_possible;
  Rejected rejected;
  std::unordered_set<const PackageRecord*> insisted;
  SolverOutcome outcome;
  for (int round = 0; round < kMostRounds; ++round) {
    const PreferenceWalk walk(candidates, options, rejected, from.start, from.standing);
    jobs.favour = walk.choices();
    jobs.install_if_possible = optional;
    for (const auto* package : walk.choices()) {
      if (insisted.count(package) != 0) jobs.install_if_possible.push_back(package);
    }
    outcome = pool.solve(jobs);
    if (!outcome.problems.empty()) break;
    // Where a conflict forced another way than the walk's, a new walk learns what lies along that way.
    const auto missing = walk.missing_from(outcome.chosen);
    if (missing.empty()) break;
    for (const auto& [package, is_replaced_by_own_need] : missing) {
      if (!is_replaced_by_own_need || !insisted.insert(package).second) rejected.insert(package);
    }
  }
  return outcome;
}

}  // namespace keelson::deb
