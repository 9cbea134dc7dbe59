#include "factory/system.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "factory/keys.h"
#include "factory/selinux_policy.h"
#include "os/apply.h"
#include "os/cleanup.h"
#include "os/fips.h"
#include "os/first_boot.h"
#include "os/identity.h"
#include "os/selinux_compile.h"
#include "packages/deb/install/delta.h"
#include "packages/deb/install/install.h"
#include "packages/deb/repository/cache.h"
#include "sys/parallel.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

fs::path delta_path(const fs::path& cache, const deb::Lock& lock) {
  return cache / "steps" / fmt::format("configured-{}.tar.zst", packages_key(lock).hex());
}

// apt's list of packages that nobody asked for by name (apt-mark(8)), so that `apt autoremove` in the image is right.
std::string extended_states(const deb::Lock& lock) {
  std::string text;
  for (const auto& package : lock.packages) {
    if (package.requested || package.essential) continue;
    const std::string& architecture = package.architecture == "all" ? lock.architecture : package.architecture;
    text += fmt::format("Package: {}\nArchitecture: {}\nAuto-Installed: 1\n\n", package.name, architecture);
  }
  return text;
}

void configure(const SystemRequest& request, const RootDir& root, const deb::InstallOptions& options,
               const deb::UnpackedSystem& system, Reporter& reporter) {
  const fs::path kept = delta_path(request.cache_folder, request.lock);
  if (!request.fresh && fs::exists(kept)) {
    Step step(reporter, "configuring packages", system.packages.size());
    deb::apply_delta(root, kept);
    step.set_result("as kept from an earlier build");
    return;
  }
  const auto before = deb::read_stamps(root);
  deb::configure_packages(root, system.packages, system.by_dpkg, options.configure, reporter);
  root.make_folders("var/lib/apt");
  root.write("var/lib/apt/extended_states", extended_states(request.lock));
  os::clean_image(root);
  try {
    fs::create_directories(kept.parent_path());
    deb::write_delta(root, before, kept);
  } catch (const std::exception& error) {  // a cache that cannot be written costs time next time, nothing else
    reporter.warn(fmt::format("the configured packages are not kept for the next build: {}", error.what()));
  }
}

}  // namespace

const std::vector<Provided>& provided_packages() {
  static const std::vector<Provided> kProvided{
      {.name = "keelson-initrd",
       .version = "1",
       .provides = {"linux-initramfs-tool"},
       .description = "initrd made by Keelson when the image was built\n The kernel packages ask for a tool that makes "
                      "an initrd. In this "
                      "image it is part of\n the unified kernel image on the EFI system partition."}};
  return kProvided;
}

void compose_system(const SystemRequest& request, const RootDir& root, Reporter& reporter) {
  const deb::Cache cache(request.cache_folder);
  deb::InstallOptions options{.cache_root = request.cache_folder,
                              .deb_path = [&](const Sha256& digest) { return cache.object_path(digest); },
                              .threads = hardware_threads()};
  options.configure.epoch = request.lock.epoch();
  options.configure.shortcuts = request.shortcuts;
  options.configure.deferred_selinux_policy = os::kDeferredPolicy;
  options.configure.timeout = request.script_timeout;
  for (const auto& provided : provided_packages()) {
    options.synthetic.push_back({provided.name, provided.version, provided.provides, provided.description});
  }
  deb::open_packages(request.lock, options, reporter);
  const auto system = deb::unpack_system(request.lock, root, options, reporter);
  configure(request, root, options, system, reporter);
  compile_policy(request, root, reporter);
  os::apply_os(request.recipe.os, root,
               {.epoch = request.lock.epoch(), .seed = image_key(request.lock, request.recipe)}, reporter);
  if (request.recipe.os.fips == recipe::FipsMode::Enabled) os::enable_fips(root, {.epoch = request.lock.epoch()});
  os::set_identity(root, {.id = os::image_id_from(request.recipe.name), .version = request.image_version});
  os::prepare_first_boot(root, request.lock.epoch());
}

}  // namespace keelson::factory
