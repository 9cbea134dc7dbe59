#include "factory/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "factory/sources.h"
#include "formats/oci/busybox_image.h"
#include "packages/deb/install/install.h"
#include "packages/deb/repository/cache.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPackage = "busybox-static";

// Only this package's own files are wanted: the dependencies that the lock holds besides are for a running system.
deb::Lock only_busybox(deb::Lock lock) {
  std::erase_if(lock.packages, [](const auto& package) { return package.name != kPackage; });
  if (lock.packages.size() != 1) throw Error(ErrorKind::NotFound, fmt::format("cannot find package '{}'", kPackage));
  return lock;
}

std::string read_busybox(const deb::Lock& lock, const BuildRequest& request, Reporter& reporter) {
  const deb::Cache cache(request.cache_folder);
  const deb::InstallOptions options{.cache_root = request.cache_folder,
                                    .deb_path = [&](const Sha256& digest) { return cache.object_path(digest); }};
  deb::open_packages(lock, options, reporter);
  const deb::PackageStore store(request.cache_folder);
  return deb::read_packaged_file(store.open(lock.packages[0].sha256), "usr/bin/busybox");
}

}  // namespace

fs::path probe_archive(const fs::path& cache_folder, std::int64_t now, Reporter& reporter) {
  recipe::Recipe recipe{.name = "probe"};
  recipe.distribution.release = "trixie";
  recipe.distribution.kernel = "none";
  recipe.os.packages.install = {std::string(kPackage)};
  const std::string architecture = architecture_of(recipe);
  const fs::path archive = cache_folder / "steps" / fmt::format("probe-1-{}.oci.tar", architecture);
  if (fs::exists(archive)) return archive;
  return with_context("making the container that the check runs", [&] {
    const BuildRequest request{.cache_folder = cache_folder, .now = now};
    const deb::Lock lock = only_busybox(lock_recipe(recipe, request, reporter));
    fetch_sources(lock, request, reporter);
    const std::string binary = read_busybox(lock, request, reporter);
    const Bytes bytes =
        oci::write_archive(oci::busybox_image(Bytes(as_bytes(binary).begin(), as_bytes(binary).end()), architecture));
    fs::create_directories(archive.parent_path());
    write_file_atomically(archive, as_text(bytes));
    return archive;
  });
}

}  // namespace keelson::factory
