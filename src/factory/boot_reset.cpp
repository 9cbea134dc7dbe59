#include "factory/boot_reset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "factory/devices.h"
#include "os/boot_configuration.h"
#include "os/boot_reset.h"
#include "os/tree.h"

namespace keelson::factory {

namespace {

constexpr ByteCount kLargestLoader = mebibytes(64);

bool has_entries(const RootDir& root) {
  const auto paths = os::boot_configurations(root);
  return std::any_of(paths.begin(), paths.end(), [](const auto& path) { return path.ends_with(".conf"); });
}

bool is_efi_program(std::string_view name) {
  if (name.size() < 5) return false;
  std::string end(name.substr(name.size() - 4));
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return std::tolower(c); });
  return end == ".efi";
}

std::string efi_platform(const BootResetRequest& request) {
  return request.architecture == "arm64" ? "arm64-efi" : "x86_64-efi";
}

std::string removable_path(const BootResetRequest& request) {
  return fmt::format("{}/EFI/BOOT/{}", request.esp, request.architecture == "arm64" ? "BOOTAA64.EFI" : "BOOTX64.EFI");
}

const deb::BootDevice& holder_of_boot(const deb::BootDevices& devices) {
  return devices.boot ? *devices.boot : devices.root;
}

/// GRUB on the ESP: what grub-install made holds the identifier of the file system with /boot; what distributions sign
/// reads it from the grub.cfg beside it.
class EspGrub {
 public:
  EspGrub(const BootResetRequest& request, const RootDir& root) : request_(request), root_(root) {}

  void reset() {
    bool any = false;
    for (const auto& vendor : root_.list(request_.esp + "/EFI")) {
      const std::string folder = fmt::format("{}/EFI/{}", request_.esp, vendor);
      if (!root_.exists(folder + "/.")) continue;
      for (const auto& name : root_.list(folder)) any |= reset_file(folder + "/" + name, name);
    }
    if (any) return;
    root_.make_folders(os::parent_of(removable_path(request_)));
    root_.write(removable_path(request_), core());
  }

 private:
  // True for a file of GRUB's.
  bool reset_file(const std::string& path, std::string_view name) {
    if (name == "grub.cfg") {
      os::rewrite_file(root_, path, deb::grub_redirection(request_.after));
      return true;
    }
    if (!is_efi_program(name)) return false;
    const std::string content = root_.read(path, kLargestLoader);
    const bool names_old_root = content.find(holder_of_boot(request_.before).fs_uuid) != std::string::npos;
    if (names_old_root && content.find("search.fs_uuid") != std::string::npos) {
      os::rewrite_file(root_, path, core());
      return true;
    }
    return false;
  }

  const std::string& core() {
    if (core_.empty()) core_ = deb::make_grub_core(root_, request_.after, efi_platform(request_), request_.epoch);
    return core_;
  }

  const BootResetRequest& request_;
  const RootDir& root_;
  std::string core_;
};

}  // namespace

void reset_boot_configuration(const BootResetRequest& request, bool makes_ukis, const RootDir& root) {
  if (!makes_ukis && !deb::has_grub(root) && !has_entries(root)) {
    throw Error(ErrorKind::BadInput,
                "cannot reset the boot loader: the image has neither GRUB's tools and menu nor entries of systemd-boot",
                "an image that starts from unified kernel images needs os.uki.mode: create");
  }
  if (request.boot_type == recipe::BootType::Legacy && !deb::has_grub(root))
    throw Error(ErrorKind::BadInput, "cannot make an image for BIOS: it needs GRUB, which the base does not have",
                "use bootType: efi, or a base with GRUB");
  os::reset_kernel_arguments(root, root_arguments(request.after));
}

void reset_boot_loader(const BootResetRequest& request, const RootDir& root, Reporter& reporter) {
  if (!deb::has_grub(root)) return;
  const Step step(reporter, "resetting GRUB");
  deb::make_grub_menu(root, request.after, request.epoch);
  if (request.boot_type == recipe::BootType::Efi && !request.esp.empty()) EspGrub(request, root).reset();
}

deb::BiosBoot make_bios_boot(const BootResetRequest& request, std::uint64_t first_sector, const RootDir& root) {
  return deb::make_bios_boot(root, deb::make_grub_core(root, request.after, "i386-pc", request.epoch), first_sector);
}

}  // namespace keelson::factory
