#include "packages/deb/change/grub.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "base/error.h"
#include "packages/deb/install/script_runner.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kMenu = "boot/grub/grub.cfg";
constexpr std::string_view kMakeMenu = "usr/sbin/grub-mkconfig";
constexpr std::string_view kMakeImage = "usr/bin/grub-mkimage";

// What every platform needs to reach a menu on any of the file systems that Keelson writes, and to start a kernel.
constexpr std::string_view kModules =
    "part_gpt part_msdos fat ext2 xfs btrfs search search_fs_uuid search_label normal configfile linux echo test "
    "minicmd ls cat all_video gfxterm boot reboot halt probe regexp loadenv gzio zstd true sleep terminal serial";

bool has_file(const RootDir& root, std::string_view path) {
  const auto status = root.status(path);
  return status && S_ISREG(status->st_mode);
}

const BootDevice& boot_device(const BootDevices& devices) { return devices.boot ? *devices.boot : devices.root; }

// "/boot/grub" as GRUB sees it from the top of the file system that holds it.
std::string grub_folder(const BootDevices& devices) {
  const std::string& subvolume = boot_device(devices).subvolume;
  return (subvolume.empty() ? "" : "/" + subvolume) + (devices.boot ? "/grub" : "/boot/grub");
}

// The modules that the image has, of those that are wanted.
std::vector<std::string> modules_there(const RootDir& root, std::string_view platform) {
  std::vector<std::string> modules;
  std::string_view rest = kModules;
  while (!rest.empty()) {
    const std::string name(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    if (has_file(root, fmt::format("usr/lib/grub/{}/{}.mod", platform, name))) modules.push_back(name);
  }
  if (platform == "i386-pc") modules.emplace_back("biosdisk");
  return modules;
}

// Loaded by what the menu says; grub-install(8) would put them there.
std::string copy_modules(std::string_view platform) {
  return fmt::format(
      "[ -e /boot/grub/{0}/normal.mod ] || {{ mkdir -p /boot/grub/{0} && cp /usr/lib/grub/{0}/*.mod "
      "/usr/lib/grub/{0}/*.lst /boot/grub/{0}/; }}\n",
      platform);
}

}  // namespace

bool has_grub(const RootDir& root) { return has_file(root, kMenu) && has_file(root, kMakeMenu); }

void make_grub_menu(const RootDir& root, const BootDevices& devices, std::int64_t epoch) {
  TemporaryFiles files(root);
  ScriptBinds binds;
  for (const auto& program : boot_stand_ins(root, devices))
    binds.emplace_back(root.host_path() / files.add(program.content), program.path);
  auto arguments = with_device_links(devices);
  arguments.insert(arguments.end(), {fmt::format("/{}", kMakeMenu), "-o", fmt::format("/{}", kMenu)});
  ScriptRunner(root, {.epoch = epoch, .environment = {}}).run(std::move(arguments), "make the boot menu", binds);
}

std::string grub_redirection(const BootDevices& devices) {
  return fmt::format("search.fs_uuid {} root\nset prefix=($root)'{}'\nconfigfile $prefix/grub.cfg\n",
                     boot_device(devices).fs_uuid, grub_folder(devices));
}

std::string make_grub_core(const RootDir& root, const BootDevices& devices, std::string_view platform,
                           std::int64_t epoch) {
  if (!has_file(root, kMakeImage) || !has_file(root, fmt::format("usr/lib/grub/{}/moddep.lst", platform))) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot make GRUB's core image: the image has no GRUB for {}", platform),
                platform == "i386-pc"
                    ? "install grub-pc-bin in it"
                    : fmt::format("install grub-efi-{}-bin in it", platform == "arm64-efi" ? "arm64" : "amd64"));
  }
  TemporaryFiles files(root);
  const std::string early = files.add(fmt::format("search.fs_uuid {} root\nset prefix=($root)'{}'\n",
                                                  boot_device(devices).fs_uuid, grub_folder(devices)));
  const std::string core = files.add("");
  std::string script = copy_modules(platform);
  script +=
      fmt::format("exec /{} -O {} -o /{} -p '{}' -c /{}", kMakeImage, platform, core, grub_folder(devices), early);
  for (const auto& module : modules_there(root, platform)) script += " " + module;
  ScriptRunner(root, {.epoch = epoch, .environment = {}}).run({"/bin/sh", "-euc", script}, "make GRUB's core image");
  return root.read(core, mebibytes(32));
}

BiosBoot make_bios_boot(const RootDir& root, std::string core, std::uint64_t first_sector) {
  constexpr std::size_t kSector = 512;
  constexpr std::size_t kCodeSize = 440;       // the disk's signature and partitions follow
  constexpr std::size_t kKernelSector = 0x5c;  // le64: where the core lies
  constexpr std::size_t kDriveCheck = 0x66;    // a jump that is taken out for hard disks
  constexpr std::size_t kBlockList = 0x1f4;    // in the core's first sector: le64 start, le16 count, le16 segment
  std::string code = root.read("usr/lib/grub/i386-pc/boot.img", {kSector});
  if (code.size() != kSector || core.size() < 2 * kSector)
    throw Error(ErrorKind::BadInput, "cannot make the disk bootable: GRUB's boot.img or core image is too short");
  const auto put = [](std::string& text, std::size_t at, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) text[at + i] = static_cast<char>(value >> (8 * i));
  };
  put(code, kKernelSector, first_sector, 8);
  put(code, kDriveCheck, 0x9090, 2);
  core.resize((core.size() + kSector - 1) / kSector * kSector, '\0');
  put(core, kBlockList, first_sector + 1, 8);
  put(core, kBlockList + 8, core.size() / kSector - 1, 2);
  put(core, kBlockList + 10, 0x820, 2);
  code.resize(kCodeSize);
  return {std::move(code), std::move(core)};
}

}  // namespace keelson::deb
