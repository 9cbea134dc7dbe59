#include "factory/sources.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "factory/local_packages.h"
#include "factory/system.h"
#include "packages/deb/install/package_store.h"
#include "packages/deb/repository/archive.h"
#include "packages/deb/repository/fetch.h"
#include "packages/deb/repository/snapshot.h"
#include "packages/deb/resolve/resolve.h"

namespace keelson::factory {

namespace {}  // namespace

std::string host_architecture() {
  utsname name{};
  ::uname(&name);
  const std::string machine = name.machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

std::string architecture_of(const recipe::Recipe& recipe) {
  const std::string architecture =
      recipe.distribution.architecture.empty() ? host_architecture() : recipe.distribution.architecture;
  if (architecture != host_architecture()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot build for '{}': this machine is {}", architecture, host_architecture()),
                "build on a machine of that architecture; building across architectures is not there yet");
  }
  if (architecture != "amd64" && architecture != "arm64") {
    throw Error(ErrorKind::BadInput, fmt::format("cannot build for '{}': amd64 and arm64 are known", architecture));
  }
  return architecture;
}

std::vector<deb::IndexSource> index_sources(const std::vector<deb::SuiteIndex>& indices) {
  std::vector<deb::IndexSource> sources;
  for (const auto& index : indices) {
    for (const auto& packages : index.packages) {
      sources.push_back({packages.file, packages.sha256, index.suite.uri, index.suite.suite, packages.component});
    }
  }
  return sources;
}

std::vector<std::string> requested_packages(const recipe::Recipe& recipe, const std::string& architecture) {
  std::vector<std::string> names = recipe.os.packages.install;
  const std::string& kernel = recipe.distribution.kernel;
  if (kernel == "none") return names;
  names.push_back(kernel == "generic" ? fmt::format("linux-image-{}", architecture)
                                      : fmt::format("linux-image-{}-{}", kernel, architecture));
  names.push_back("systemd-boot-efi");  // the stub of the unified kernel image, and the boot loader
  return names;
}

std::string snapshot_time_of(const recipe::Recipe& recipe, const std::string& override) {
  const std::string& text = override.empty() ? recipe.os.packages.snapshot_time : override;
  return text.empty() ? "" : deb::snapshot_time_text(deb::parse_snapshot_time(text));
}

deb::Lock lock_recipe(const recipe::Recipe& recipe, const BuildRequest& request, Reporter& reporter) {
  const std::string architecture = architecture_of(recipe);
  const auto host = deb::read_host_apt_configuration();
  const auto suites = deb::choose_suites(recipe.distribution, host);
  const deb::Cache cache(request.cache_folder);
  deb::RefreshOptions refresh = deb::refresh_options(host, request.now);
  refresh.offline = request.offline;
  const std::string snapshot = snapshot_time_of(recipe, request.snapshot_time);
  const auto indices = deb::refresh_archive_at(snapshot, suites, architecture, cache, refresh, reporter);
  deb::Goal goal{.install = requested_packages(recipe, architecture), .architecture = architecture};
  for (const auto& provided : provided_packages())
    goal.provided.push_back({provided.name, provided.version, provided.provides});
  auto sources = index_local_packages(request.package_folders, cache);
  for (auto& source : index_sources(indices)) sources.push_back(std::move(source));
  deb::Lock lock = deb::resolve(sources, goal, {.cache_folder = request.cache_folder}, reporter);
  lock.suites = deb::locked_suites(indices);
  lock.snapshot_time = snapshot;
  return lock;
}

void fetch_sources(const deb::Lock& lock, const BuildRequest& request, Reporter& reporter) {
  const deb::Cache cache(request.cache_folder);
  const deb::PackageStore store(request.cache_folder);
  std::vector<deb::LockedPackage> wanted;
  for (const auto& package : lock.packages) {
    if (!store.has(package.sha256)) wanted.push_back(package);  // what is in the store was verified and opened before
  }
  // Opening a package hashes it again before anything is parsed, so the cache's own check would be a second one.
  deb::fetch_packages(wanted, cache, {.offline = request.offline, .verify_cached = false}, reporter);
}

}  // namespace keelson::factory
