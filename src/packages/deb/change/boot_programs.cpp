#include "packages/deb/change/boot_programs.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"

namespace keelson::deb {

namespace {

// These go into shell scripts: they are identifiers, nothing else.
void require_plain(std::string_view value, std::string_view what) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  if (!plain || value.size() > 64)
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use {} '{}': it has an unusual character", what, value.substr(0, 80)));
}

// GRUB's own names for file systems and partition tables: its modules.
std::string grub_file_system(const std::string& type) {
  if (type == "ext2" || type == "ext3" || type == "ext4") return "ext2";
  if (type == "vfat") return "fat";
  return type;
}

std::string answers(const BootDevice& device) {
  require_plain(device.fs_type, "file system type");
  require_plain(device.fs_uuid, "file system identifier");
  require_plain(device.partition_uuid, "partition identifier");
  const bool gpt = device.partition_table == "gpt";
  const std::string place = fmt::format("{}{}", gpt ? "gpt" : "msdos", device.partition_number);
  return fmt::format(
      "    device) echo /dev/disk/by-uuid/{0} ;;\n"
      "    disk) echo /dev/disk/keelson ;;\n"
      "    fs) echo {1} ;;\n"
      "    fs_uuid) echo {0} ;;\n"
      "    fs_label|abstraction|cryptodisk_uuid) ;;\n"
      "    partuuid) echo '{2}' ;;\n"
      "    partmap) echo {3} ;;\n"
      "    msdos_parttype|gpt_parttype|zero_check) ;;\n"
      "    drive) echo '(hd0,{4})' ;;\n"
      "    hints_string|bios_hints|efi_hints|arc_hint|ieee1275_hints|baremetal_hints)\n"
      "      echo '--hint-bios=hd0,{4} --hint-efi=hd0,{4} --hint-baremetal=ahci0,{4}' ;;\n"
      "    compatibility_hint) echo 'hd0,{4}' ;;\n",
      device.fs_uuid, grub_file_system(device.fs_type), device.partition_uuid, gpt ? "gpt" : "msdos", place);
}

// The path within its own file system, from its top: a subvolume's folder is part of it. In the sandbox the real
// program would tell where the tree lies on the build host.
std::string relative_path_script(const BootDevices& devices) {
  const auto top = [](const BootDevice& device) {
    if (device.subvolume.empty()) return std::string();
    for (const char c : device.subvolume)
      require_plain(c == '/' || c == '.' ? "x" : std::string_view(&c, 1), "subvolume");
    return "/" + device.subvolume;
  };
  std::string text = "#!/bin/sh\nfor path; do :; done\n[ \"$path\" != / ] || path=\n";
  if (devices.boot)
    text += fmt::format("case \"$path\" in /boot|/boot/*) printf '%s\\n' \"{}${{path#/boot}}\"; exit ;; esac\n",
                        top(*devices.boot));
  return text + fmt::format("printf '%s\\n' \"{}$path\"\n", top(devices.root));
}

// GRUB's hook for kernels does nothing in a container: but the image will not be in one.
constexpr std::string_view kNoVirtualization =
    "#!/bin/sh\nfor word; do case \"$word\" in -q|--quiet) exit 1 ;; esac; done\necho none\nexit 1\n";
constexpr std::string_view kDoNothing = "#!/bin/sh\nexit 0\n";

void add_if_there(const RootDir& root, std::vector<StandIn>& list, std::string_view path, std::string content) {
  if (const auto status = root.status(path); status && S_ISREG(status->st_mode))
    list.push_back({std::string(path), std::move(content)});
}

bool is_dependent_initramfs(const RootDir& root) {
  const auto text = root.find_text("etc/initramfs-tools/initramfs.conf", mebibytes(1));
  return text && text->find("\nMODULES=most") == std::string::npos;
}

}  // namespace

std::string grub_probe_script(const BootDevices& devices) {
  std::string text =
      "#!/bin/sh\n"
      "target=fs of=/\n"
      "while [ $# -gt 0 ]; do\n"
      "  case \"$1\" in\n"
      "    -t|--target) shift; target=\"$1\" ;;\n"
      "    --target=*) target=\"${1#--target=}\" ;;\n"
      "    -m|--device-map) shift ;;\n"
      "    -*) ;;\n"
      "    *) of=\"$1\" ;;\n"
      "  esac\n"
      "  shift\n"
      "done\n";
  if (devices.boot) {
    require_plain(devices.boot->fs_uuid, "file system identifier");
    text += fmt::format("case \"$of\" in /boot|/boot/*|/dev/disk/by-uuid/{}) of=boot ;; esac\n", devices.boot->fs_uuid);
    text += fmt::format("if [ \"$of\" = boot ]; then\n  case \"$target\" in\n{}  esac\n  exit 0\nfi\n",
                        answers(*devices.boot));
  }
  return text + fmt::format("case \"$target\" in\n{}esac\nexit 0\n", answers(devices.root));
}

std::vector<StandIn> boot_stand_ins(const RootDir& root, const std::optional<BootDevices>& devices) {
  std::vector<StandIn> list;
  add_if_there(root, list, "usr/sbin/grub-install", std::string(kDoNothing));
  if (!devices) {
    add_if_there(root, list, "usr/sbin/update-grub", std::string(kDoNothing));
    add_if_there(root, list, "usr/sbin/grub-mkconfig", std::string(kDoNothing));
    return list;
  }
  add_if_there(root, list, "usr/bin/systemd-detect-virt", std::string(kNoVirtualization));
  add_if_there(root, list, "usr/sbin/grub-probe", grub_probe_script(*devices));
  add_if_there(root, list, "usr/bin/grub-mkrelpath", relative_path_script(*devices));
  return list;
}

std::vector<StandIn> initrd_settings(const RootDir& root) {
  std::vector<StandIn> list;
  if (is_dependent_initramfs(root) && root.exists("etc/initramfs-tools/conf.d"))
    list.push_back({"etc/initramfs-tools/conf.d/zzz-keelson", "MODULES=most\n"});
  if (root.exists("usr/bin/dracut") && root.exists("etc/dracut.conf.d"))
    list.push_back({"etc/dracut.conf.d/zzz-keelson.conf", "hostonly=\"no\"\nhostonly_cmdline=\"no\"\n"});
  return list;
}

std::vector<std::string> with_device_links(const BootDevices& devices) {
  std::string script = "mkdir -p /dev/disk/by-uuid /dev/disk/by-partuuid\n";
  for (const auto* device : {&devices.root, devices.boot ? &*devices.boot : nullptr}) {
    if (device == nullptr) continue;
    require_plain(device->fs_uuid, "file system identifier");
    require_plain(device->partition_uuid, "partition identifier");
    script += fmt::format(": > /dev/disk/by-uuid/{}\n", device->fs_uuid);
    if (!device->partition_uuid.empty())
      script += fmt::format(": > /dev/disk/by-partuuid/{}\n", device->partition_uuid);
  }
  return {"/bin/sh", "-c", script + "exec \"$@\"", "sh"};
}

}  // namespace keelson::deb
