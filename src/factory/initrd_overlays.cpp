#include "factory/initrd_overlays.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "os/boot_configuration.h"
#include "os/loader_kernels.h"
#include "os/overlays.h"
#include "packages/deb/change/initrds.h"

namespace keelson::factory {

namespace {

// The last one counts, for the kernel, systemd and initramfs-tools. Without any, initrds mount the root read-only.
bool mounts_root_writable(std::string_view kernel_arguments) {
  bool writable = false;
  for (const auto word : split_words(kernel_arguments)) {
    if (word == "rw" || word == "ro") writable = word == "rw";
  }
  return writable;
}

}  // namespace

bool has_initrd_overlays(const recipe::Recipe& recipe) {
  const auto& overlays = recipe.os.overlays;
  return std::any_of(overlays.begin(), overlays.end(), [](const auto& overlay) { return overlay.in_initrd; });
}

void check_upper_folders(const recipe::Recipe& recipe, std::string_view kernel_arguments, const RootDir& root) {
  if (mounts_root_writable(kernel_arguments)) return;
  for (const auto& overlay : recipe.os.overlays) {
    if (!overlay.in_initrd || !os::holds_upper_on_root(overlay, root)) continue;
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot mount overlay '{}' in the initrd: its upper folder '{}' lies on the root, which is "
                    "mounted read-only then (kernel arguments: {})",
                    overlay.mount_point, overlay.upper_dir, kernel_arguments.empty() ? "none" : kernel_arguments),
        "add rw to os.kernelCommandLine.extraCommandLine, or put upperDir and workDir on a file system of their "
        "own that is mounted with x-initrd.mount");
  }
}

void renew_initrds(const recipe::Recipe& recipe, std::int64_t epoch, const RootDir& root, Reporter& reporter) {
  if (!has_initrd_overlays(recipe)) return;
  std::string added;  // of unified kernel images, whose arguments are put together later
  for (const auto& argument : recipe.os.extra_kernel_command_line) added += " " + argument;
  const auto entries = os::kernel_entries(root);
  if (entries.empty()) check_upper_folders(recipe, added, root);
  for (const auto& entry : entries) check_upper_folders(recipe, entry.arguments + added, root);
  const auto maker = deb::find_initrd_maker(root);
  if (maker == deb::InitrdMaker::None) {
    throw Error(ErrorKind::BadInput,
                "cannot mount overlays in the initrd: the image has neither initramfs-tools nor dracut to make its "
                "initrd with",
                "install one of them, or leave out 'isInitrdOverlay': systemd then mounts the overlay early at boot, "
                "after the root");
  }
  const Step step(reporter, "making the initrds anew");
  deb::teach_initrd_mounts(root, maker, os::types_in_initrd(root));
  deb::make_initrds(root, maker, epoch);
  os::follow_initrds(root);
}

}  // namespace keelson::factory
