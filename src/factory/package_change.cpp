#include "factory/package_change.h"

#include "factory/local_packages.h"
#include "factory/sources.h"
#include "os/first_boot.h"
#include "packages/deb/change/apply_change.h"
#include "packages/deb/change/installed.h"
#include "packages/deb/change/resolve_change.h"
#include "packages/deb/change/suites_for.h"
#include "packages/deb/repository/archive.h"
#include "packages/deb/repository/fetch.h"
#include "packages/deb/repository/snapshot.h"

namespace keelson::factory {

namespace {

deb::ChangeGoal goal_of(const recipe::Packages& packages) {
  return {.remove = packages.remove,
          .update_all = packages.update_existing,
          .install = packages.install,
          .update = packages.update};
}

}  // namespace

PackagePlan plan_packages(const PackageRequest& request, const RootDir& root, Reporter& reporter) {
  PackagePlan plan;
  const deb::ChangeGoal goal = goal_of(request.recipe.os.packages);
  if (goal.empty()) return plan;
  const deb::InstalledSystem installed = deb::read_installed(root);
  const deb::Cache cache(request.cache_folder);
  std::vector<deb::SuiteIndex> indices;
  const std::string snapshot = snapshot_time_of(request.recipe, request.snapshot_time);
  const bool only_folders = request.no_base_repositories && request.recipe.distribution.release.empty();
  auto sources = index_local_packages(request.package_folders, cache);
  if (goal.needs_archive() && !only_folders) {
    const auto host = deb::read_host_apt_configuration();
    const auto suites = deb::suites_for({request.base.id, request.base.codename}, request.recipe.distribution, host);
    deb::RefreshOptions refresh = deb::refresh_options(host, request.now);
    refresh.offline = request.offline;
    indices = deb::refresh_archive_at(snapshot, suites, installed.architecture(), cache, refresh, reporter);
  }
  for (auto& source : index_sources(indices)) sources.push_back(std::move(source));
  plan.change = deb::resolve_change(installed, sources, goal, {.cache_folder = request.cache_folder}, reporter);
  plan.lock = deb::lock_of(plan.change, goal);
  plan.lock.suites = deb::locked_suites(indices);
  plan.lock.snapshot_time = snapshot;
  deb::fetch_packages(plan.change.install, cache, {.offline = request.offline}, reporter);
  return plan;
}

void change_packages(const PackagePlan& plan, const PackageRequest& request, const deb::BootDevices& devices,
                     std::int64_t epoch, const RootDir& root, Reporter& reporter) {
  if (plan.change.empty() && plan.change.asked_for.empty()) return;
  const deb::Cache cache(request.cache_folder);
  // deb-systemd-helper(1) asks the presets: packages of an image that Keelson built would enable nothing.
  const auto preset = root.find_text(os::kFirstBootPreset);
  if (preset) root.remove(os::kFirstBootPreset);
  deb::apply_change(root, plan.change,
                    {.deb_path = [&](const deb::LockedPackage& package) { return cache.object_path(package.sha256); },
                     .epoch = epoch,
                     .timeout = request.script_timeout,
                     .devices = devices},
                    reporter);
  if (preset) root.write(os::kFirstBootPreset, *preset);
}

}  // namespace keelson::factory
