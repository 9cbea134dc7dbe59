#include "os/hardening.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"
#include "recipe/hardening_profiles.h"

namespace keelson::os {

namespace {

using recipe::Profile;

void require_systemd(const RootDir& root, std::string_view key) {
  if (root.exists("usr/lib/systemd/systemd")) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot apply 'os.hardening.{}': the image has no systemd to do it at boot", key),
              "add the package systemd");
}

void write_setting(const RootDir& root, std::string_view path, std::string_view content) {
  rewrite_file(root, path, std::string(kByHardening) + std::string(content));
}

// The kernel's own word on how much it can spread: "CONFIG_ARCH_MMAP_RND_BITS_MAX=32". Of several kernels the least.
void put_random_bits(const RootDir& root, std::map<std::string, std::string>& settings) {
  for (const auto& name : root.list("boot")) {
    if (!name.starts_with("config-")) continue;
    const std::string config = root.read("boot/" + name);
    for (const auto& [option, sysctl] :
         {std::pair{"CONFIG_ARCH_MMAP_RND_BITS_MAX=", "vm.mmap_rnd_bits"},
          std::pair{"CONFIG_ARCH_MMAP_RND_COMPAT_BITS_MAX=", "vm.mmap_rnd_compat_bits"}}) {
      const auto at = config.find(option);
      if (at == std::string::npos) continue;
      const auto begin = at + std::string_view(option).size();
      const std::string bits = config.substr(begin, config.find('\n', begin) - begin);
      if (bits.size() > 2 || bits.find_first_not_of("0123456789") != std::string::npos) continue;
      auto& setting = settings[sysctl];
      if (setting.empty() || bits < setting) setting = bits;
    }
  }
}

void apply_sysctl_profile(const recipe::Hardening& hardening, const RootDir& root) {
  std::map<std::string, std::string> settings;
  for (const auto& [name, value] : recipe::profile_sysctls(hardening.kernel)) settings[std::string(name)] = value;
  if (hardening.kernel != Profile::None) put_random_bits(root, settings);
  if (hardening.no_core_dumps) {
    // core(5): the kernel hands a dump to a program that throws it away; a limit of 0 does not hold back a pipe.
    settings["kernel.core_pattern"] = "|/usr/bin/false";
    settings["fs.suid_dumpable"] = "0";
  }
  if (settings.empty()) return;
  std::string text;
  // "-": a kernel without the setting is no failure of the boot; keelson boot says what holds.
  for (const auto& [name, value] : settings) text += fmt::format("-{} = {}\n", name, value);
  write_setting(root, kHardeningSysctlFile, text);
}

void disable_core_dumps(const RootDir& root) {
  write_setting(root, "etc/systemd/system.conf.d/50-hardening.conf", "[Manager]\nDefaultLimitCORE=0\n");
  write_setting(root, "etc/security/limits.d/50-hardening.conf", "* hard core 0\nroot hard core 0\n");
  if (root.exists("usr/lib/systemd/systemd-coredump"))
    write_setting(root, "etc/systemd/coredump.conf.d/50-hardening.conf",
                  "[Coredump]\nStorage=none\nProcessSizeMax=0\n");
}

void enable(const RootDir& root, std::string_view unit, std::string_view target) {
  const auto folder = fmt::format("etc/systemd/system/{}.wants", target);
  root.make_folders(folder);
  root.link(fmt::format("/etc/systemd/system/{}", unit), fmt::format("{}/{}", folder, unit));
}

// fstab(5): device, mount point, type, options.
bool fstab_mounts(const RootDir& root, std::string_view place) {
  const auto table = root.find_text("etc/fstab", mebibytes(1));
  if (!table) return false;
  const auto lines = split(*table, '\n');
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    const auto words = split_words(line);
    return words.size() >= 2 && words[0].front() != '#' && words[1] == place;
  });
}

// What the manager itself mounted early (/dev/shm) has no unit whose options could be set, and a folder of the root
// file system is mounted over itself: programs see the same files, under stricter rules. A file system that the recipe
// lays out has its options in /etc/fstab.
void close_mounts(const recipe::Hardening& hardening, const RootDir& root) {
  const auto laid_out = [&](std::string_view place) {
    return std::find(hardening.mount_points.begin(), hardening.mount_points.end(), place) !=
           hardening.mount_points.end();
  };
  std::string commands = "ExecStart=/usr/bin/mount -o remount,nosuid,nodev,noexec /dev/shm\n";
  constexpr const char* kTmpOptions = "etc/systemd/system/tmp.mount.d/50-hardening.conf";
  if (laid_out("/tmp") || fstab_mounts(root, "/tmp")) {
    // A drop-in would hold for that file system, too, which may not know the options of a tmpfs.
    root.remove(kTmpOptions);
    if (!laid_out("/tmp")) commands += "ExecStart=/usr/bin/mount -o remount,bind,nosuid,nodev,noexec /tmp\n";
  } else if (root.exists("usr/lib/systemd/system/tmp.mount")) {
    write_setting(root, kTmpOptions,
                  "[Mount]\nOptions=mode=1777,strictatime,nosuid,nodev,noexec,size=50%%,nr_inodes=1m\n");
  }
  if (hardening.mounts == Profile::Strict) {
    for (const auto& [folder, options] :
         {std::pair{"/home", "nodev,nosuid"}, std::pair{"/var/log", "nodev,nosuid,noexec"},
          std::pair{"/var/tmp", "nodev,nosuid,noexec"}}) {
      if (!laid_out(folder)) commands += fmt::format("ExecStart=/usr/bin/mount -o bind,{0} {1} {1}\n", options, folder);
    }
  }
  write_setting(root, "etc/systemd/system/hardening-mounts.service",
                "[Unit]\n"
                "Description=Stricter options of mounts\n"
                "DefaultDependencies=no\n"
                "After=local-fs.target\n"
                "Before=sysinit.target shutdown.target\n"
                "Conflicts=shutdown.target\n"
                "\n"
                "[Service]\n"
                "Type=oneshot\n"
                "RemainAfterExit=yes\n" +
                    commands);
  enable(root, "hardening-mounts.service", "sysinit.target");
}

void block_modules(const std::vector<std::string>& modules, const RootDir& root) {
  std::string text;
  // modprobe.d(5): "blacklist" keeps a module from loading for a device, "install" from loading by its name.
  for (const auto& module : modules) text += fmt::format("blacklist {0}\ninstall {0} /usr/bin/false\n", module);
  write_setting(root, kBlockedModulesFile, text);
}

void disable_modules_late(const RootDir& root) {
  write_setting(root, kLateSysctlFile, "kernel.modules_disabled = 1\n");
  write_setting(root, "etc/systemd/system/modules-disabled.service",
                fmt::format("[Unit]\n"
                            "Description=No further kernel modules\n"
                            "After=multi-user.target\n"
                            "\n"
                            "[Service]\n"
                            "Type=oneshot\n"
                            "RemainAfterExit=yes\n"
                            "ExecStart=/usr/lib/systemd/systemd-sysctl /{}\n",
                            kLateSysctlFile));
  enable(root, "modules-disabled.service", "multi-user.target");
}

}  // namespace

void apply_hardening(const recipe::Hardening& hardening, const RootDir& root) {
  if (hardening.kernel != Profile::None) require_systemd(root, "kernel");
  if (hardening.no_core_dumps) require_systemd(root, "coreDumps");
  if (hardening.mounts != Profile::None) require_systemd(root, "mounts");
  if (hardening.modules_disabled_after_boot) require_systemd(root, "modulesDisabled");
  if (hardening.services != Profile::None) require_systemd(root, "services");
  apply_sysctl_profile(hardening, root);
  if (hardening.no_core_dumps) disable_core_dumps(root);
  if (hardening.mounts != Profile::None) close_mounts(hardening, root);
  if (!hardening.blocked_modules.empty()) block_modules(hardening.blocked_modules, root);
  if (hardening.modules_disabled_after_boot) disable_modules_late(root);
  if (hardening.closed_accounts) close_accounts(root);
}

}  // namespace keelson::os
