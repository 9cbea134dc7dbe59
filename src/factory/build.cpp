#include "factory/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "crypto/hash.h"
#include "factory/artifacts.h"
#include "factory/bill.h"
#include "factory/boot_files.h"
#include "factory/devices.h"
#include "factory/disk_image.h"
#include "factory/embedded_bill.h"
#include "factory/fips.h"
#include "factory/fstab.h"
#include "factory/ipe.h"
#include "factory/keys.h"
#include "factory/labels.h"
#include "factory/outputs.h"
#include "factory/programs.h"
#include "factory/secure_boot.h"
#include "factory/selinux_policy.h"
#include "factory/sources.h"
#include "factory/system.h"
#include "factory/workspace.h"
#include "image/export.h"
#include "os/overlays.h"
#include "packages/deb/change/package_manager.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/namespaces.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

// "2026.11.21" from the lock's date: an image is as new as what it was made of.
std::string version_from(std::int64_t epoch) {
  const std::time_t time = epoch;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{}.{:02}.{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

// Compressed packages unpack to about three times their size; the file system image and the kernel come on top.
ByteCount expected_tree(const deb::Lock& lock) {
  std::uint64_t bytes = 0;
  for (const auto& package : lock.packages) bytes += package.size.value;
  return {bytes * 4 + mebibytes(256).value};
}

deb::Lock obtain_lock(const recipe::Recipe& recipe, const BuildRequest& request, Reporter& reporter) {
  if (!request.lock_file) return lock_recipe(recipe, request, reporter);
  if (!fs::exists(*request.lock_file)) {
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot open lock '{}': there is no such file", request.lock_file->native()),
                fmt::format("make it with 'keelson lock {}'", request.recipe_file.native()));
  }
  deb::Lock lock = deb::parse_lock(read_file(*request.lock_file, mebibytes(64)), request.lock_file->native());
  auto wanted = requested_packages(recipe, architecture_of(recipe));
  auto locked = lock.requested;
  for (auto* names : {&wanted, &locked}) {  // a recipe may name a package twice, once by distribution.kernel
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
  }
  if (wanted != locked || lock.architecture != architecture_of(recipe)) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot build from lock '{}': the recipe asks for other packages than the lock was made for",
                    request.lock_file->native()),
        "make the lock anew with 'keelson lock'");
  }
  const std::string snapshot = snapshot_time_of(recipe, request.snapshot_time);
  if (!snapshot.empty() && snapshot != lock.snapshot_time) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot build from lock '{}': packages as of {} are asked for, and the lock has those of {}",
                    request.lock_file->native(), snapshot,
                    lock.snapshot_time.empty() ? "the day it was made" : lock.snapshot_time),
        "make the lock anew with 'keelson lock'");
  }
  return lock;
}

// A build always makes one unified kernel image and has no other.
void check_uki_mode(const recipe::Recipe& recipe) {
  if (!recipe.os.uki || recipe.os.uki == recipe::UkiMode::Create) return;
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot build '{}' with 'os.uki.mode: {}': an image made of packages has no unified kernel image "
                  "before it is made",
                  recipe.file.native(), recipe.os.uki == recipe::UkiMode::Modify ? "modify" : "passthrough"),
      "leave os.uki out, or set 'mode: create'");
}

// One build after its inputs are known.
class Build {
 public:
  Build(const BuildRequest& request, const recipe::Recipe& recipe, const std::optional<SecureBoot>& secure_boot,
        const deb::Lock& lock, OutputPaths paths, Reporter& reporter)
      : request_(request),
        recipe_(recipe),
        secure_boot_(secure_boot),
        lock_(lock),
        paths_(std::move(paths)),
        reporter_(reporter),
        seed_(image_key(lock, recipe)) {}

  void run() {
    fetch_sources(lock_, request_, reporter_);
    enter_private_namespaces();
    const Workspace workspace(request_.build_folder, request_.cache_folder, expected_tree(lock_), reporter_);
    const fs::path root_path = workspace.path() / "root";
    fs::create_directory(root_path);
    fs::permissions(root_path, fs::perms(0755));  // the image's "/": no umask decides it
    const RootDir root(root_path);
    const std::string version = request_.version.empty() ? version_from(lock_.epoch()) : request_.version;
    compose_system({.recipe = recipe_,
                    .lock = lock_,
                    .cache_folder = request_.cache_folder,
                    .image_version = version,
                    .shortcuts = request_.shortcuts,
                    .fresh = request_.fresh,
                    .script_timeout = request_.script_timeout},
                   root, reporter_);
    const recipe::Storage storage = storage_of(recipe_);
    if (recipe_.storage) root.write("etc/fstab", make_fstab(storage, seed_));
    os::apply_overlays(recipe_.os.overlays, root);
    apply_ipe(recipe_, secure_boot_, root, reporter_);
    const BillRequest bill_request{.recipe = recipe_,
                                   .lock = &lock_,
                                   .lock_file = paths_.lock.filename(),
                                   .name = recipe_.name,
                                   .image_version = version,
                                   .epoch = lock_.epoch()};
    inventory::Bill bill = bill_of_tree(bill_request, root);
    run_scripts(recipe_.scripts.post_customization, root, request_.script_timeout, reporter_);
    run_scripts(recipe_.scripts.finalize_customization, root, request_.script_timeout, reporter_);
    if (runs_scripts(recipe_)) bill = bill_after_scripts(std::move(bill), bill_request, root);
    if (recipe_.os.packages.remove_package_manager) deb::remove_package_manager(root);
    if (recipe_.os.sbom) embed_bill(bill, *recipe_.os.sbom, root);
    const BootRequest boot_request{.recipe = recipe_,
                                   .architecture = lock_.architecture,
                                   .epoch = lock_.epoch(),
                                   .root_filesystem = filesystem_at(storage, "/"),
                                   .root_subvolume = devices_of(storage, seed_).root.subvolume,
                                   .usr_filesystem = filesystem_at(storage, "/usr"),
                                   .verity = !storage.verity.empty(),
                                   .read_only_root = is_read_only_at(storage, "/"),
                                   .packages = packages_key(lock_),
                                   .cache_folder = request_.cache_folder,
                                   .work_folder = workspace.path(),
                                   .pcr_key = secure_boot_ && secure_boot_->pcr_key ? &*secure_boot_->pcr_key : nullptr,
                                   .fresh = request_.fresh};
    const BootMaker boot_maker(boot_request, root, reporter_);
    BootFiles boot;
    const auto make_boot = [&](const std::vector<VerityHash>& hashes) {
      const Signer* signer = secure_boot_ ? &secure_boot_->signer : nullptr;
      boot = boot_maker.make(verity_boot(storage, hashes, seed_, signer), reporter_);
      if (secure_boot_) sign_boot_files(*secure_boot_, boot.esp, reporter_);
      return boot.esp;
    };
    const auto labels = labels_for(recipe_, root);
    const TempDir scratch("disk", paths_.folder);
    const fs::path raw = scratch.path() / "disk.raw";
    const image::DiskPlan plan = compose_disk({.storage = storage,
                                               .architecture = lock_.architecture,
                                               .seed = seed_,
                                               .epoch = lock_.epoch(),
                                               .esp = make_boot,
                                               .work_folder = workspace.path(),
                                               .raw_file = raw,
                                               .labels = labels ? &*labels : nullptr},
                                              root, reporter_);
    auto artifacts = stage_artifacts(boot.esp, plan);
    write_outputs(paths_,
                  {.raw_file = raw,
                   .plan = plan,
                   .manifest = manifest(boot, version),
                   .bill = std::move(bill),
                   .lock = lock_,
                   .seed = seed_},
                  reporter_);
    if (artifacts) artifacts->commit();
  }

 private:
  // Under temporary names until the image is written.
  std::optional<StagedArtifacts> stage_artifacts(std::span<const image::EspFile> esp,
                                                 const image::DiskPlan& plan) const {
    if (!recipe_.output.artifacts) return std::nullopt;
    const auto is_esp = [](const image::PartitionPlan& partition) { return partition.type == "esp"; };
    const auto partition = std::find_if(plan.partitions.begin(), plan.partitions.end(), is_esp);
    return std::make_optional<StagedArtifacts>(*recipe_.output.artifacts, esp,
                                               partition == plan.partitions.end() ? Uuid{} : partition->uuid);
  }

  image::Manifest manifest(const BootFiles& boot, const std::string& version) const {
    image::Manifest manifest{.name = recipe_.name,
                             .version = version,
                             .architecture = lock_.architecture,
                             .epoch = lock_.epoch(),
                             .kernel_command_line = boot.kernel_command_line,
                             .kernel_version = boot.kernel_release,
                             .lock_sha256 = sha256(deb::write_lock(lock_)),
                             .recipe_sha256 = sha256(read_file(recipe_.file)),
                             .pcr11 = boot.pcr11};
    for (const auto& package : lock_.packages) {
      manifest.packages.push_back({package.name, package.version, package.architecture, package.sha256});
    }
    return manifest;
  }

  const BuildRequest& request_;
  const recipe::Recipe& recipe_;
  const std::optional<SecureBoot>& secure_boot_;
  const deb::Lock& lock_;
  OutputPaths paths_;
  Reporter& reporter_;
  Sha256 seed_;
};

// What the outputs depend on, besides their bytes' key: this program, and which files were asked for.
Sha256 outputs_key(const deb::Lock& lock, const recipe::Recipe& recipe, const OutputPaths& paths,
                   const BuildRequest& request) {
  std::string text = fmt::format("outputs 3 {} {} {} {}", KEELSON_VERSION, image_key(lock, recipe).hex(),
                                 request.version, sha256(deb::write_lock(lock)).hex());
  for (const auto& [format, path] : paths.images) text += fmt::format(" {} {}", format, fs::absolute(path).native());
  return sha256(text);
}

}  // namespace

void remove_leftovers(const BuildRequest& request) {
  for (const char* part : {"opened", "steps", "built", "work", "resolved", "names"})
    remove_stale_temporaries(request.cache_folder / part);
  if (!request.build_folder.empty()) remove_stale_temporaries(request.build_folder);
  const fs::path file_folder = request.output_file.parent_path();
  remove_stale_temporaries(request.output_file.empty()
                               ? (request.output_folder.empty() ? fs::path("out") : request.output_folder)
                               : (file_folder.empty() ? fs::path(".") : file_folder));
}

BuildResult build(const BuildRequest& request, Reporter& reporter) {
  const recipe::Recipe recipe = recipe::require_recipe(request.recipe_file);
  return with_context(fmt::format("building image '{}' ({})", recipe.name, request.recipe_file.native()), [&] {
    recipe::check_has_distribution(recipe);
    check_uki_mode(recipe);
    check_artifacts(recipe);
    check_ipe(recipe, false);
    const auto secure_boot = read_secure_boot(recipe, request.now);
    const OutputPaths paths = output_paths(request, recipe);
    std::error_code ignored;
    fs::create_directories(paths.folder, ignored);
    remove_leftovers(request);
    check_private_namespaces();
    const deb::Lock lock = obtain_lock(recipe, request, reporter);
    check_has_selinux_policy(recipe, lock);
    check_verity(recipe, lock);
    check_fips(recipe, lock);
    const Sha256 key = outputs_key(lock, recipe, paths, request);
    // What a script reads of its recipe's folder is not known, and so neither whether it changed.
    const fs::path document =
        recipe.output.artifacts ? recipe.output.artifacts->path / kInjectFilesDocument : fs::path();
    const bool has_artifacts = document.empty() || fs::exists(document);
    const auto files = [&] {
      auto all = paths.all();
      if (!document.empty()) all.push_back(document);
      return all;
    };
    if (!request.fresh && !runs_scripts(recipe) && has_artifacts &&
        outputs_are_current(paths, key, request.cache_folder))
      return BuildResult{.up_to_date = true, .files = files()};
    Build(request, recipe, secure_boot, lock, paths, reporter).run();
    remember_outputs(paths, key, request.cache_folder, reporter);
    return BuildResult{.files = files()};
  });
}

}  // namespace keelson::factory
