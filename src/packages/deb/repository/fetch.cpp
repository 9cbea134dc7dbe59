#include "packages/deb/repository/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "sys/parallel.h"

namespace keelson::deb {

namespace {

std::string file_name(const LockedPackage& package) { return package.url.substr(package.url.rfind('/') + 1); }

// Hashes the objects that the cache has already; the damaged ones leave it.
void drop_damaged(const std::vector<const LockedPackage*>& cached, const Cache& cache, Reporter& reporter) {
  const auto step = reporter.begin("checking cached packages", cached.size(), Reporter::Unit::Items);
  parallel_for(cached.size(), hardware_threads(), [&](std::size_t i) {
    const LockedPackage& package = *cached[i];
    if (sha256_file(cache.object_path(package.sha256)) == package.sha256) return;
    reporter.warn(fmt::format("the cached '{}' is damaged; it is fetched again", file_name(package)));
    cache.remove(package.sha256);
  });
  reporter.end(step, "");
}

[[noreturn]] void refuse_offline(const std::vector<const LockedPackage*>& missing) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kShown, missing.size()); ++i) names.push_back(missing[i]->name);
  if (missing.size() > kShown) names.push_back(fmt::format("{} more", missing.size() - kShown));
  throw Error(ErrorKind::Unavailable,
              fmt::format("cannot fetch packages: {} {} not in the cache, and --offline forbids to fetch them",
                          join_words(names), missing.size() == 1 ? "is" : "are"),
              "run once without --offline");
}

}  // namespace

void fetch_packages(const std::vector<LockedPackage>& packages, const Cache& cache, const FetchOptions& options,
                    Reporter& reporter) {
  std::vector<const LockedPackage*> cached;
  std::set<Sha256> seen;
  std::vector<const LockedPackage*> wanted;
  for (const auto& package : packages) {
    if (seen.insert(package.sha256).second) wanted.push_back(&package);
  }
  const auto is_cached = [&](const LockedPackage* package) { return cache.has(package->sha256, package->size); };
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(cached), is_cached);
  if (options.verify_cached && !cached.empty()) drop_damaged(cached, cache, reporter);
  std::vector<const LockedPackage*> missing;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(missing), [&](auto p) { return !is_cached(p); });
  if (missing.empty()) return;
  if (options.offline) refuse_offline(missing);
  cache.require_writable();
  std::vector<net::Download> downloads;
  for (const auto* package : missing) {
    downloads.push_back({.url = package->url,
                         .destination = cache.object_path(package->sha256),
                         .sha256 = package->sha256,
                         .size = package->size,
                         .name = file_name(*package)});
  }
  auto network = options.network;
  network.partial_folder = cache.partial_folder();
  network.what = "fetching packages";
  net::download(downloads, network, reporter);
}

}  // namespace keelson::deb
