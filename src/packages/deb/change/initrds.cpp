#include "packages/deb/change/initrds.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "packages/deb/change/boot_programs.h"
#include "packages/deb/change/byproducts.h"
#include "packages/deb/install/script_runner.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kUpdate = "usr/sbin/update-initramfs";
constexpr std::string_view kDracut = "usr/bin/dracut";

// While the initrd is made: the drivers of the file systems.
constexpr std::string_view kHook = R"(#!/bin/sh
# Drivers for what /etc/fstab marks with x-initrd.mount; scripts/local-bottom/x-initrd-mount mounts it. Made by Keelson.
[ "${1-}" != prereqs ] || exit 0
. /usr/share/initramfs-tools/hook-functions
source=
while read -r source folder type options rest || [ -n "$source" ]; do
  case "$source,$options," in
    '#'*) ;;
    *,x-initrd.mount,*) [ "$type" = auto ] || manual_add_modules "$type" ;;
  esac
done < /etc/fstab
)";

// At boot, with the shell and the mount program that an initrd of initramfs-tools has (klibc or busybox).
constexpr std::string_view kScript = R"(#!/bin/sh
# Mounts what the root's /etc/fstab marks with x-initrd.mount before the system itself starts, as an initrd with systemd
# does. In options, systemd's name for the root (/sysroot) becomes the name that it has here. Made by Keelson.
[ "${1-}" != prereqs ] || exit 0
. /scripts/functions
. /scripts/local

# Of a list of folders, separated by colons.
here() {
  list=$1: found=
  while [ -n "$list" ]; do
    path=${list%%:*} list=${list#*:}
    case "$path" in /sysroot/*) path=$rootmnt${path#/sysroot} ;; esac
    found=$found${found:+:}$path
  done
}

# What mount(8) and systemd understand, and the kernel does not, is left out.
kernel_options() {
  rest=$1, kept=
  while [ -n "$rest" ]; do
    option=${rest%%,*} rest=${rest#*,}
    case "$option" in
      ''|defaults|auto|noauto|nofail|_netdev|user|nouser|users|group|owner|relatime|x-*|comment=*) continue ;;
      lowerdir=*|upperdir=*|workdir=*) here "${option#*=}"; option=${option%%=*}=$found ;;
    esac
    kept=$kept${kept:+,}$option
  done
}

[ -r "$rootmnt/etc/fstab" ] || exit 0
source=
while read -r source folder type options dump pass rest || [ -n "$source" ]; do
  case "$source,$options," in
    '#'*) continue ;;
    *,x-initrd.mount,*) ;;
    *) continue ;;
  esac
  case "$folder" in /|/usr) continue ;; esac
  [ "$type" != overlay ] || pass=0
  if [ "$type" != overlay ]; then
    local_device_setup "$source" "$folder file system" < /dev/null
    source=$DEV
  fi
  [ "${pass:-0}" = 0 ] || checkfs "$source" "$folder" "$type" < /dev/null
  modprobe -q "$type"
  kernel_options "$options"
  mount -t "$type" ${kept:+-o "$kept"} "$source" "$rootmnt$folder" || panic "Failed to mount $folder, which /etc/fstab wants in the initrd."
done < "$rootmnt/etc/fstab"
exit 0
)";

bool has_file(const RootDir& root, std::string_view path) {
  const auto status = root.status(path);
  return status && S_ISREG(status->st_mode);
}

struct Initrd {
  std::string release;
  std::string path;  // "/boot/initrd.img-6.12"
};

std::vector<Initrd> initrds_of(const RootDir& root) {
  constexpr std::string_view kKernel = "vmlinuz-";
  std::vector<Initrd> initrds;
  for (const auto& name : root.list("boot")) {
    if (!name.starts_with(kKernel)) continue;
    const std::string release = name.substr(kKernel.size());
    for (const auto& path : {"/boot/initrd.img-" + release, "/boot/initramfs-" + release + ".img"}) {
      if (has_file(root, path)) {
        initrds.push_back({release, path});
        break;
      }
    }
  }
  return initrds;
}

}  // namespace

InitrdMaker find_initrd_maker(const RootDir& root) {
  if (has_file(root, kUpdate) && has_file(root, "usr/share/initramfs-tools/hook-functions"))
    return InitrdMaker::InitramfsTools;
  return has_file(root, kDracut) ? InitrdMaker::Dracut : InitrdMaker::None;
}

void teach_initrd_mounts(const RootDir& root, InitrdMaker maker, std::span<const std::string> types) {
  if (maker == InitrdMaker::InitramfsTools) {
    const std::string folder = "etc/initramfs-tools/";
    root.make_folders(folder + "hooks");
    root.write(folder + "hooks/x-initrd-mount", kHook, 0755);
    root.make_folders(folder + "scripts/local-bottom");
    root.write(folder + "scripts/local-bottom/x-initrd-mount", kScript, 0755);
  } else if (maker == InitrdMaker::Dracut) {
    std::string text = "# For what /etc/fstab marks with x-initrd.mount. Made by Keelson.\nadd_drivers+=\"";
    for (const auto& type : types) text += " " + type;
    root.make_folders("etc/dracut.conf.d");
    root.write("etc/dracut.conf.d/90-x-initrd-mount.conf", text + " \"\n");
  }
}

void make_initrds(const RootDir& root, InitrdMaker maker, std::int64_t epoch) {
  const auto initrds = initrds_of(root);
  if (initrds.empty()) {
    throw Error(ErrorKind::BadInput, "cannot make initrds: no kernel in /boot has one there (initrd.img-RELEASE)");
  }
  const Byproducts byproducts(root);
  {
    TemporaryFiles settings(root);
    for (const auto& setting : initrd_settings(root)) settings.add_at(setting.path, setting.content);
    const ScriptRunner runner(root, {.epoch = epoch, .environment = {}});
    for (const auto& initrd : initrds) {
      std::vector<std::string> command{fmt::format("/{}", kUpdate), "-u", "-k", initrd.release};
      if (maker == InitrdMaker::Dracut) command = {fmt::format("/{}", kDracut), "--force", initrd.path, initrd.release};
      runner.run(std::move(command), "make the initrd");
    }
  }
  byproducts.put_back(epoch);
}

}  // namespace keelson::deb
