#include "factory/boot_files.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "factory/initrd_overlays.h"
#include "factory/pcr_policies.h"
#include "formats/uki/pcr.h"
#include "formats/uki/uki.h"
#include "initrd/initrd.h"
#include "os/kernel_command_line.h"
#include "os/overlays.h"
#include "os/selinux.h"
#include "sys/file.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kLargestKernel = mebibytes(512);
constexpr int kInitrdLevel = 3;  // of zstd

struct EfiNames {
  std::string stub;
  std::string loader;
  std::string removable;  // UEFI 2.10, section 3.5.1.1: what firmware starts when nothing else is set
};

EfiNames efi_names(const std::string& architecture) {
  const std::string suffix = architecture == "arm64" ? "aa64" : "x64";
  return {fmt::format("usr/lib/systemd/boot/efi/linux{}.efi.stub", suffix),
          fmt::format("usr/lib/systemd/boot/efi/systemd-boot{}.efi", suffix),
          architecture == "arm64" ? "BOOTAA64.EFI" : "BOOTX64.EFI"};
}

std::string newest_kernel(const RootDir& root) {
  const auto kernels = initrd::find_kernels(root);
  if (kernels.empty()) {
    throw Error(ErrorKind::BadInput, "cannot make 'unified kernel image': the packages hold no kernel",
                "set distribution.kernel, or name a linux-image package");
  }
  return kernels.back();
}

Bytes cached_initrd(const BootRequest& request, const RootDir& root, const std::string& release, Reporter& reporter) {
  initrd::InitrdOptions options{.kernel_release = release,
                                .epoch = request.epoch,
                                .architecture = request.architecture,
                                .zstd_level = kInitrdLevel,
                                .verity = request.verity};
  std::string key = fmt::format("{} {} {} {} {} {}", initrd::kContentsVersion, request.packages.hex(), release,
                                request.root_filesystem, request.usr_filesystem, request.verity);
  for (const auto& type : {request.root_filesystem, request.usr_filesystem}) {
    if (!type.empty() && type != "ext4") options.extra_modules.push_back(type);
  }
  for (const auto& type : os::types_in_initrd(root)) {
    if (type == "xfs" || type == "btrfs" || type == "vfat") {  // the others are there in any case
      options.extra_modules.push_back(type);
      key += " " + type;
    }
  }
  for (const auto& [path, content] : initrd::module_settings(root))
    key += fmt::format(" {} {}", path, sha256(content).hex());
  const fs::path kept = request.cache_folder / "steps" / fmt::format("initrd-{}.zst", sha256(key).hex());
  if (!request.fresh && fs::exists(kept)) {
    const std::string text = read_file(kept, kLargestKernel);
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
  }
  Bytes made = initrd::build_initrd(root, options, reporter);
  try {
    fs::create_directories(kept.parent_path());
    write_file_atomically(kept, as_text(made));
  } catch (const std::exception& error) {
    reporter.warn(fmt::format("the initrd is not kept for the next build: {}", error.what()));
  }
  return made;
}

std::vector<std::string> base_arguments(const BootRequest& request) {
  std::vector<std::string> arguments{request.read_only_root ? "ro" : "rw"};
  if (!request.root_subvolume.empty()) arguments.push_back("rootflags=subvol=/" + request.root_subvolume);
  if (const auto mode = request.recipe.os.selinux) {
    for (auto& argument : os::selinux_arguments(*mode)) arguments.push_back(std::move(argument));
  }
  return arguments;
}

void write_uki_file(const uki::UkiParts& parts, const fs::path& file) {
  const UniqueFd fd = open_file(file, O_RDWR | O_CREAT | O_TRUNC);
  uki::write_uki([&](ByteView piece) { write_all(fd.get(), piece, file.native()); }, parts);
}

}  // namespace

BootMaker::BootMaker(const BootRequest& request, const RootDir& root, Reporter& reporter)
    : request_(request), root_(root) {
  const EfiNames names = efi_names(request.architecture);
  for (const auto& needed : {names.stub, names.loader}) {
    if (!root.exists(needed)) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot make 'unified kernel image': the image has no /{}", needed),
                  "install systemd-boot-efi in it");
    }
  }
  kernel_release_ = newest_kernel(root);
  initrd_ = cached_initrd(request, root, kernel_release_, reporter);
}

BootFiles BootMaker::make(const VerityBoot& verity, Reporter& reporter) const {
  Step step(reporter, "making the boot files");
  const EfiNames names = efi_names(request_.architecture);
  BootFiles files{.kernel_release = kernel_release_, .kernel_command_line = {}, .pcr11 = {}, .esp = {}};
  auto arguments = base_arguments(request_);
  arguments.insert(arguments.end(), verity.arguments.begin(), verity.arguments.end());
  files.kernel_command_line = os::kernel_command_line(request_.recipe.os, arguments);
  check_upper_folders(request_.recipe, request_.read_only_root ? "ro" : files.kernel_command_line, root_);
  const std::string kernel = root_.read("boot/vmlinuz-" + files.kernel_release, kLargestKernel);
  const std::string stub = root_.read(names.stub);
  Bytes initrd_bytes = initrd_;
  if (!verity.initrd_files.empty()) initrd::append_files(initrd_bytes, verity.initrd_files, request_.epoch);
  const fs::path uki_file = request_.work_folder / "kernel.efi";
  uki::UkiParts parts{.stub = as_bytes(stub),
                      .linux = as_bytes(kernel),
                      .initrd = initrd_bytes,
                      .cmdline = files.kernel_command_line,
                      .os_release = root_.read("etc/os-release"),
                      .uname = files.kernel_release,
                      .pcr_public_key = request_.pcr_key != nullptr ? request_.pcr_key->public_pem() : ""};
  write_uki_file(parts, uki_file);
  if (request_.pcr_key != nullptr) {  // what is measured is known only now; the policies themselves are not measured
    parts.pcr_signature = signed_policies(*request_.pcr_key, MappedFile(uki_file).bytes(), uki_file.native());
    write_uki_file(parts, uki_file);
  }
  files.pcr11 = uki::predict_pcr11(MappedFile(uki_file).bytes(), uki_file.native());
  const std::string loader = root_.read(names.loader);
  const Bytes loader_bytes(as_bytes(loader).begin(), as_bytes(loader).end());
  const std::string_view settings = "timeout 0\nconsole-mode keep\n";
  files.esp.push_back({.path = "EFI/BOOT/" + names.removable, .content = loader_bytes});
  files.esp.push_back({.path = "EFI/systemd/" + fs::path(names.loader).filename().native(), .content = loader_bytes});
  files.esp.push_back(
      {.path = "loader/loader.conf", .content = Bytes(as_bytes(settings).begin(), as_bytes(settings).end())});
  files.esp.push_back(
      {.path = fmt::format("EFI/Linux/{}-{}.efi", request_.recipe.name, files.kernel_release), .source = uki_file});
  step.set_result(fmt::format("kernel {}, initrd {}", files.kernel_release, human_size({initrd_bytes.size()})));
  return files;
}

}  // namespace keelson::factory
