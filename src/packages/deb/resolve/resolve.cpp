#include "packages/deb/resolve/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/open_indices.h"
#include "packages/deb/resolve/resolution_cache.h"
#include "packages/deb/resolve/solver.h"

namespace keelson::deb {

namespace {

std::map<std::string, std::string, std::less<>> pinned_versions(const Goal& goal) {
  std::map<std::string, std::string, std::less<>> pinned;
  for (const auto& word : goal.install) {
    const auto name = parse_goal_name(word);
    if (name.version.empty()) continue;
    const auto [entry, is_new] = pinned.emplace(name.name, name.version);
    if (!is_new && entry->second != name.version) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot install '{}': it is asked for as both {} and {}", name.name,
                                                   entry->second, name.version));
    }
  }
  return pinned;
}

Lock make_lock(const Selection& selection, const Candidates& candidates, const std::vector<IndexSource>& indices,
               const Goal& goal) {
  Lock lock{.architecture = goal.architecture, .requested = goal.install};
  std::sort(lock.requested.begin(), lock.requested.end());
  lock.requested.erase(std::unique(lock.requested.begin(), lock.requested.end()), lock.requested.end());
  for (const auto* package : selection.packages) {
    const std::string& base = indices[package->place.index].base_url;
    LockedPackage locked = read_locked_package(candidates.stanza(package->place), base);
    locked.requested =
        std::find(selection.requested.begin(), selection.requested.end(), package) != selection.requested.end();
    lock.packages.push_back(std::move(locked));
  }
  return lock;
}

Lock solve(const std::vector<IndexSource>& indices, const Goal& goal, const ResolveOptions& options, Keeper& keeper,
           Reporter& reporter) {
  const OpenIndices open(indices, goal.architecture, options.cache_folder, keeper, reporter);
  Candidates candidates(open.texts(), open.directory(), goal, pinned_versions(goal));
  const auto requested = require_requested(candidates, open.directory(), goal, suite_names(indices));
  return make_lock(select_packages(candidates, requested, goal), candidates, indices, goal);
}

}  // namespace

Lock resolve(const std::vector<IndexSource>& indices, const Goal& goal, const ResolveOptions& options,
             Reporter& reporter) {
  Step step(reporter, "resolving packages");
  const Sha256 key = resolution_key(indices, goal);
  if (auto kept = find_resolution(options.cache_folder, key)) {
    step.set_result(fmt::format("{} packages, as before", kept->packages.size()));
    return *std::move(kept);
  }
  Keeper keeper(reporter);
  Lock lock = solve(indices, goal, options, keeper, reporter);
  keeper.keep([&] { store_resolution(options.cache_folder, key, lock); });
  step.set_result(fmt::format("{} packages", lock.packages.size()));
  return lock;
}

}  // namespace keelson::deb
