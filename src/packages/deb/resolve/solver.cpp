#include "packages/deb/resolve/solver.h"

#include <algorithm>

#include "packages/deb/resolve/explain.h"
#include "packages/deb/resolve/preferred.h"

namespace keelson::deb {

namespace {

void sort_by_name(std::vector<const PackageRecord*>& list) {
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  list.erase(std::unique(list.begin(), list.end()), list.end());
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
  const SolverOutcome outcome = solve_as_preferred(pool, jobs, candidates, options, {wanted, {}});
  if (!outcome.problems.empty()) throw explain_problems(outcome.problems, requested, candidates);
  Selection selection{.packages = outcome.chosen, .requested = requested};
  std::erase_if(selection.packages, [](const auto* package) { return package->synthetic; });
  std::erase_if(selection.requested, [](const auto* package) { return package->synthetic; });
  sort_by_name(selection.requested);
  return selection;
}

}  // namespace keelson::deb
