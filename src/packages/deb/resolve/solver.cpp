#include "packages/deb/resolve/solver.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "packages/deb/resolve/explain.h"
#include "packages/deb/resolve/preference.h"

namespace keelson::deb {

namespace {

// Debian's goals settle after one or two rounds; the bound is against an index that never does.
constexpr int kMostRounds = 8;

void sort_by_name(std::vector<const PackageRecord*>& list) {
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Everything that could take part in a solution: the wanted packages and, again and again, whatever satisfies a
// dependency of one of them.
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

// Solves until the walk's preferences and libsolv's answer agree.
SolverOutcome solve_as_preferred(SolverPool& pool, SolverJobs jobs, Candidates& candidates, const PoolOptions& options,
                                 const std::vector<const PackageRecord*>& wanted,
                                 const std::vector<const PackageRecord*>& requested) {
  const auto optional = jobs.install_if_possible;
  Rejected rejected;
  std::unordered_set<const PackageRecord*> insisted;
  SolverOutcome outcome;
  for (int round = 0; round < kMostRounds; ++round) {
    const PreferenceWalk walk(candidates, options, rejected, wanted);
    jobs.favour = walk.choices();
    jobs.install_if_possible = optional;
    for (const auto* package : walk.choices()) {
      if (insisted.count(package) != 0) jobs.install_if_possible.push_back(package);
    }
    outcome = pool.solve(jobs);
    if (!outcome.problems.empty()) throw explain_problems(outcome.problems, requested, candidates);
    // Where a conflict forced another way than the walk's, a new walk learns what lies along that way.
    const auto missing = walk.missing_from(outcome.chosen);
    if (missing.empty()) break;
    for (const auto& [package, is_replaced_by_own_need] : missing) {
      if (!is_replaced_by_own_need || !insisted.insert(package).second) rejected.insert(package);
    }
  }
  return outcome;
}

}  // namespace

Selection select_packages(Candidates& candidates, const std::vector<const PackageRecord*>& requested,
                          const Goal& goal) {
  const PoolOptions options{.recommends = goal.recommends};
  SolverJobs jobs{.install = candidates.essential(), .install_if_possible = candidates.synthetic()};
  jobs.install.insert(jobs.install.end(), requested.begin(), requested.end());
  std::vector<const PackageRecord*> wanted = jobs.install;
  wanted.insert(wanted.end(), jobs.install_if_possible.begin(), jobs.install_if_possible.end());

  SolverPool pool(reachable(candidates, wanted, options), goal.architecture, options);
  const SolverOutcome outcome = solve_as_preferred(pool, jobs, candidates, options, wanted, requested);
  Selection selection{.packages = outcome.chosen, .requested = requested};
  std::erase_if(selection.packages, [](const auto* package) { return package->synthetic; });
  std::erase_if(selection.requested, [](const auto* package) { return package->synthetic; });
  sort_by_name(selection.requested);
  return selection;
}

}  // namespace keelson::deb
