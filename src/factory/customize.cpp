#include "factory/customize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/error.h"
#include "crypto/hash.h"
#include "factory/artifacts.h"
#include "factory/base_os.h"
#include "factory/boot_change.h"
#include "factory/boot_plan.h"
#include "factory/boot_reset.h"
#include "factory/customized_bill.h"
#include "factory/customized_disk.h"
#include "factory/devices.h"
#include "factory/esp_tree.h"
#include "factory/fips.h"
#include "factory/fstab.h"
#include "factory/history.h"
#include "factory/initrd_overlays.h"
#include "factory/ipe.h"
#include "factory/labels.h"
#include "factory/new_identities.h"
#include "factory/package_change.h"
#include "factory/programs.h"
#include "factory/reseal.h"
#include "factory/secure_boot.h"
#include "factory/selinux_change.h"
#include "factory/verity_change.h"
#include "factory/workspace.h"
#include "image/base_disk.h"
#include "image/filesystems/lazy_tree.h"
#include "os/apply.h"
#include "os/boot_configuration.h"
#include "os/fips.h"
#include "os/first_boot.h"
#include "os/loader_kernels.h"
#include "os/overlays.h"
#include "os/tree.h"
#include "packages/deb/change/package_manager.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/namespaces.h"
#include "sys/parallel.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

// Folders and attributes of a tree whose content stays where it is.
constexpr ByteCount kSkeleton = mebibytes(256);
// Kernels, initrds and what is made of them.
constexpr ByteCount kUkis = mebibytes(768);

fs::path base_file(const CustomizeRequest& request, const recipe::Recipe& recipe) {
  const fs::path file = request.image_file.empty() ? recipe.input.path : request.image_file;
  if (!file.empty()) return file;
  if (recipe.input.oci || recipe.input.azure_linux) {
    throw Error(ErrorKind::BadInput, "cannot customize the recipe's 'input.image': this version takes a file",
                "name the base with --image-file");
  }
  throw Error(ErrorKind::Usage, "cannot customize: no base image is named",
              "use --image-file, or input.image.path in the recipe");
}

fs::path output_file(const CustomizeRequest& request, const recipe::Recipe& recipe) {
  const fs::path file = request.output_file.empty() ? recipe.output.path : request.output_file;
  if (file.empty()) {
    throw Error(ErrorKind::Usage, "cannot customize: no output is named",
                "use --output-image-file, or output.image.path in the recipe");
  }
  if (fs::is_directory(file))
    throw Error(ErrorKind::Usage, fmt::format("cannot write '{}': it is a folder", file.native()));
  return file;
}

fs::path output_folder(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

// What random values follow from: the base as its file systems name themselves, and the recipe.
Sha256 seed_of(const image::BaseDisk& disk, const recipe::Recipe& recipe) {
  std::string text = disk.table.header.disk_uuid.text();
  for (const auto& partition : disk.partitions) {
    text += fmt::format(" {}", partition.entry.uuid.text());
    if (partition.files) text += fmt::format("={}", partition.files->identity().uuid);
  }
  return sha256(fmt::format("{} {}", text, sha256(read_file(recipe.file)).hex()));
}

recipe::Recipe read_recipe(const CustomizeRequest& request, Reporter& reporter) {
  auto read = recipe::read_recipe(request.recipe_file,
                                  {.unsupported_is_error = false,
                                   .command_line = {.input_image = request.image_file.native(),
                                                    .output_file = request.output_file.native(),
                                                    .output_format = request.format,
                                                    .no_base_repositories = request.no_base_repositories,
                                                    .has_package_source = !request.package_folders.empty()}});
  std::vector<recipe::Finding> warnings;
  for (auto& finding : read.findings) {
    if (finding.kind == recipe::FindingKind::Unsupported) {
      finding.severity = recipe::Severity::Error;
    } else if (finding.severity == recipe::Severity::Warning) {
      warnings.push_back(finding);
    }
  }
  recipe::check_findings(request.recipe_file, read.findings);
  if (!warnings.empty()) reporter.warn(recipe::render_findings(request.recipe_file.native(), warnings));
  return std::move(read.recipe);
}

/// One run; owns what the steps share.
class Customizer {
 public:
  Customizer(const CustomizeRequest& request, const recipe::Recipe& recipe,
             const std::optional<SecureBoot>& secure_boot, image::BaseDisk disk, Reporter& reporter)
      : request_(request),
        recipe_(recipe),
        secure_boot_(secure_boot),
        reporter_(reporter),
        disk_(std::move(disk)),
        system_(image::find_system(disk_)),
        verity_(recipe, disk_, system_),
        seed_(seed_of(disk_, recipe)) {
    const auto& root = disk_.partitions[system_.mounts.front().partition];
    if (!recipe.storage && !can_reseal(root.content)) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot change '{}': its root lies on {}, which this version only reads",
                              disk_.file.native(), root.content),
                  "lay the disk out anew with 'storage'");
    }
    if (recipe.storage && !recipe.os.reset_bootloader) {
      throw Error(ErrorKind::BadInput, "cannot lay the disk out anew: 'storage.disks' needs 'os.bootloader.resetType'",
                  "add: os: {bootloader: {resetType: hard-reset}}");
    }
    check_ipe(recipe, verity_.keeps_devices());
    if (recipe.base_layout.reset_uuids) identities_ = new_identities(disk_, system_, seed_);
  }

  /// @return the document that names the artefacts; "": none were asked for.
  fs::path run(const fs::path& output, const std::string& format) {
    verity_.prove_base(reporter_);
    const Workspace workspace(request_.build_folder, request_.cache_folder, needed_space(), reporter_);
    fs::create_directory(workspace.path() / "root");
    RootDir root(workspace.path() / "root");
    image::LazyTree files(root);
    lay_out(root, files);
    const BaseOs base = identify(root);
    require_supported(base, recipe_);
    check_fips(recipe_, root);
    check_base_esp(root);
    const PackageRequest packages{.recipe = recipe_,
                                  .base = base,
                                  .cache_folder = request_.cache_folder,
                                  .offline = request_.offline,
                                  .now = request_.now,
                                  .package_folders = request_.package_folders,
                                  .no_base_repositories = request_.no_base_repositories,
                                  .snapshot_time = request_.snapshot_time,
                                  .script_timeout = request_.script_timeout};
    const PackagePlan plan = plan_packages(packages, root, reporter_);
    check_selinux(recipe_, plan, root);
    const std::int64_t epoch = std::max(files.newest(), plan.epoch());
    const BootPlanInputs boot_inputs{.disk = disk_,
                                     .system = system_,
                                     .recipe = recipe_,
                                     .identities = identities_ ? &*identities_ : nullptr,
                                     .seed = seed_,
                                     .architecture = base.architecture,
                                     .epoch = epoch};
    const BootResetRequest boot = plan_boot(boot_inputs);
    const bool resets_grub = recipe_.os.reset_bootloader && deb::has_grub(root);
    if (!plan.change.empty() || runs_scripts(recipe_) || resets_grub || has_initrd_overlays(recipe_) ||
        runs_fips_programs(recipe_, plan, root) || runs_selinux_programs(recipe_))
      get_ready_for_programs(files);
    if (recipe_.os.reset_bootloader) reset_boot_configuration(boot, recipe_.os.uki == recipe::UkiMode::Create, root);
    const auto kernels = os::kernels_in_boot(root);
    const bool had_fips = os::is_fips_enabled(root);
    if (had_fips && !plan.change.empty()) os::suspend_fips(root);
    change_packages(plan, packages, boot.after, epoch, root, reporter_);
    if (!plan.change.empty()) os::follow_kernels(root, kernels);
    const auto esp = plan_esp(boot_inputs);
    BootChange boot_change(
        {.recipe = recipe_, .secure_boot = secure_boot_, .boot = boot, .esp = esp, .verity = verity_.system()}, root,
        reporter_);
    const auto finish_boot = [&](const VerityBoot& said) { boot_change.finish(said); };
    const auto renewal = verity_.for_old_disk(signer(), finish_boot);
    CustomizedBill bill({.recipe = recipe_,
                         .base_file = disk_.file,
                         .output = output,
                         .lock = plan.change.empty() ? nullptr : &plan.lock,
                         .epoch = epoch,
                         .beside = request_.bills},
                        root, reporter_);
    change(root, boot, boot_change, bill, [&] { change_fips(recipe_, plan, had_fips, epoch, root); });
    std::optional<StagedArtifacts> artifacts;
    const auto labels = labels_for(recipe_, image::files_of(disk_, system_.mounts.front()), root);
    if (makes_erofs()) files.fill_all(hardware_threads());
    write_customized_disk({.disk = disk_,
                           .system = system_,
                           .recipe = recipe_,
                           .identities = identities_ ? &*identities_ : nullptr,
                           .labels = labels ? &*labels : nullptr,
                           .boot = boot,
                           .files = files,
                           .verity = renewal ? &*renewal : nullptr,
                           .esp = verity_.for_new_disk(seed_, signer(), finish_boot),
                           .composed = [&] { stage_artifacts(root, esp, artifacts); },
                           .seed = seed_,
                           .work_folder = workspace.path(),
                           .output = output,
                           .format = format},
                          root, reporter_);
    if (!plan.change.empty()) write_file_atomically(lock_path(output), deb::write_lock(plan.lock));
    bill.write_beside();
    return artifacts ? artifacts->commit() : fs::path();
  }

 private:
  void check_base_esp(const RootDir& root) const {
    std::optional<EspTree> esp;
    if (const auto* mount = find_esp(disk_, system_)) esp.emplace(root, mount->mount_point);
    const bool gets_one = recipe_.storage && recipe_.storage->boot_type == recipe::BootType::Efi;
    check_uki_mode(recipe_, esp ? &*esp : nullptr, gets_one);
    if (secure_boot_ && recipe_.os.uki != recipe::UkiMode::Create) check_can_be_signed(esp ? &*esp : nullptr);
    if (!secure_boot_ || !secure_boot_->pcr_key || changes_ukis(recipe_)) return;
    throw Error(
        ErrorKind::BadInput,
        "cannot apply 'os.secureBoot.pcrKey': the recipe leaves the unified kernel images as they are, and signed "
        "policies would be a part of them",
        "os.uki.mode: modify puts them into those that are there, create into new ones");
  }

  ByteCount needed_space() const {
    if (runs_programs(recipe_) || recipe_.os.reset_bootloader || has_initrd_overlays(recipe_) ||
        runs_selinux_programs(recipe_) || recipe_.os.fips == recipe::FipsMode::Enabled)
      return used_space();
    return changes_ukis(recipe_) || secure_boot_ ? kSkeleton + kUkis : kSkeleton;
  }

  // What all files together can take at most.
  ByteCount used_space() const {
    // What is a hole of the base holds no content: a large disk that is nearly empty fits into memory all the same.
    ByteCount used;
    std::set<std::size_t> partitions;
    for (const auto& mount : system_.mounts) partitions.insert(mount.partition);
    for (const std::size_t partition : partitions) {
      const BlockSource& blocks = *disk_.partitions[partition].blocks;
      for (auto data = blocks.next_data(0); data; data = blocks.next_data(data->end()))
        used = used + ByteCount{data->length};
    }
    return used;
  }

  void lay_out(const RootDir& root, image::LazyTree& files) {
    Step step(reporter_, "reading the image");
    for (const auto& mount : system_.mounts) {
      if (mount.mount_point != "/") root.make_folders(mount.mount_point);
      files.lay_out(image::files_of(disk_, mount), mount.mount_point);
    }
    step.set_result(fmt::format("{} files, {}", files.entries(), describe(identify(root))));
  }

  void get_ready_for_programs(image::LazyTree& files) {
    Step step(reporter_, "making the system's files for its programs");
    if (!files.get_ready_for_programs(hardware_threads())) return;
    step.set_result(fmt::format("{} copied: what they open can't be seen here", human_size(files.content_size())));
  }

  // mkfs.erofs reads the tree itself.
  bool makes_erofs() const {
    return recipe_.storage && std::any_of(recipe_.storage->filesystems.begin(), recipe_.storage->filesystems.end(),
                                          [](const auto& filesystem) { return filesystem.type == "erofs"; });
  }

  // After the packages. Image Customizer's order: its documentation, "Operation ordering".
  template <typename ChangeFips>
  void change(const RootDir& root, const BootResetRequest& boot, BootChange& boot_change, CustomizedBill& bill,
              ChangeFips&& change_fips_mode) {
    if (identities_) replace_identities(*identities_, root);
    if (recipe_.storage) {
      const std::string before = root.find_text("etc/fstab").value_or("");
      root.write("etc/fstab", merge_fstab(before, *recipe_.storage, seed_));
    } else {
      mount_as_ext4(root);
    }
    os::apply_os(recipe_.os, root, {.epoch = boot.epoch, .seed = seed_}, reporter_);
    change_selinux_policy(recipe_, boot.epoch, root, reporter_);
    change_fips_mode();
    os::keep_services_at_first_boot(root, recipe_.os.services);
    record_customization(recipe_, seed_, boot.epoch, root);
    if (!changes_ukis(recipe_)) os::add_kernel_arguments(root, recipe_.os.extra_kernel_command_line);
    if (recipe_.os.reset_bootloader) reset_boot_loader(boot, root, reporter_);
    os::apply_overlays(recipe_.os.overlays, root);
    if (!verity_.system()) renew_initrds(recipe_, boot.epoch, root, reporter_);
    apply_ipe(recipe_, secure_boot_, root, reporter_);
    bill.note_before_scripts();
    run_scripts(recipe_.scripts.post_customization, root, request_.script_timeout, reporter_);
    run_scripts(recipe_.scripts.finalize_customization, root, request_.script_timeout, reporter_);
    bill.embed();
    boot_change.change();
    if (recipe_.os.packages.remove_package_manager) deb::remove_package_manager(root);
  }

  // What was ext2 or ext3 is written as ext4, and these drivers' names no longer mount it.
  void mount_as_ext4(const RootDir& root) const {
    std::vector<std::string> places;
    for (const auto& mount : system_.mounts) {
      const std::string& content = disk_.partitions[mount.partition].content;
      if (content == "ext2" || content == "ext3") places.push_back(mount.mount_point);
    }
    const std::string before = root.find_text("etc/fstab").value_or("");
    const std::string after = with_type(before, places, "ext4");
    if (after != before) os::rewrite_file(root, "etc/fstab", after);
  }

  const Signer* signer() const { return secure_boot_ ? &secure_boot_->signer : nullptr; }

  // Under temporary names until the image is written.
  void stage_artifacts(const RootDir& root, const std::optional<EspPlace>& esp,
                       std::optional<StagedArtifacts>& artifacts) const {
    if (!recipe_.output.artifacts) return;
    const auto files = esp ? EspTree(root, esp->mount_point).as_esp_files() : std::vector<image::EspFile>{};
    artifacts.emplace(*recipe_.output.artifacts, files, esp ? esp->partition : Uuid{});
  }

  const CustomizeRequest& request_;
  const recipe::Recipe& recipe_;
  const std::optional<SecureBoot>& secure_boot_;
  Reporter& reporter_;
  image::BaseDisk disk_;
  image::BaseSystem system_;
  VerityChange verity_;
  Sha256 seed_;
  std::optional<NewIdentities> identities_;
};

}  // namespace

CustomizeResult customize(const CustomizeRequest& request, Reporter& reporter) {
  const recipe::Recipe recipe = with_selinux_arguments(read_recipe(request, reporter));
  check_artifacts(recipe);
  check_verity_boot(recipe);
  const auto secure_boot = read_secure_boot(recipe, request.now);
  const fs::path base = base_file(request, recipe);
  const fs::path output = output_file(request, recipe);
  image::BaseDisk disk = image::open_base_disk(base);
  if (fs::exists(output) && fs::equivalent(base, output)) {
    throw Error(ErrorKind::Usage, fmt::format("cannot write '{}': it is the base image", output.native()),
                "the base is never changed: choose another output");
  }
  std::string format = request.format.empty() ? recipe.output.format : request.format;
  if (format.empty()) format = disk.format;
  fs::create_directories(output_folder(output));
  remove_stale_temporaries(output_folder(output));
  enter_private_namespaces();
  const fs::path document = Customizer(request, recipe, secure_boot, std::move(disk), reporter).run(output, format);
  return {output, format, document};
}

void remove_leftovers(const CustomizeRequest& request) {
  remove_stale_temporaries(request.build_folder.empty() ? request.cache_folder / "work" : request.build_folder);
  if (!request.output_file.empty()) remove_stale_temporaries(output_folder(request.output_file));
}

}  // namespace keelson::factory
