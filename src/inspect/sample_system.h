/// For tests: the files of a small system in a folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "sys/file.h"

namespace keelson::inspect {

inline constexpr const char* kSampleKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPn8BHIGKeHZOnAruhLaIPtPEWyVmntGOS6LQn7PNcwt sample";
inline constexpr const char* kSampleFingerprint = "SHA256:SbX/2yfpmlyhVtU75vMVWv6F1kM+pYn27n+W9VyOkro";

inline void put_file(const std::filesystem::path& root, const std::string& path, const std::string& text) {
  std::filesystem::create_directories((root / path).parent_path());
  write_file(root / path, text);
}

inline void put_link(const std::filesystem::path& root, const std::string& path, const std::string& target) {
  std::filesystem::create_directories((root / path).parent_path());
  std::filesystem::create_symlink(target, root / path);
}

inline void make_sample_system(const std::filesystem::path& root) {
  const std::map<std::string, std::string> files{
      {"usr/lib/os-release",
       "ID=sample\nVERSION_ID=\"13\"\nPRETTY_NAME=\"Sample 13\"\nIMAGE_ID=host\nIMAGE_VERSION=7\n"},
      {"etc/passwd",
       "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\ndaemon:x:1:1::/:/usr/sbin/nologin\n"},
      {"etc/group", "root:x:0:\ndaemon:x:1:\nalice:x:1000:\nsudo:x:27:alice,bob\n"},
      {"etc/shadow", "root:*:1::::::\nalice:$y$j9T$secret:1::::::\ndaemon::1::::::\n"},
      {"etc/hostname", "# the name\nsample.example\n"},
      {"etc/machine-id", "uninitialized\n"},
      {"etc/fstab", "UUID=1 / ext4 defaults 0 1\n"},
      {"etc/locale.conf", "LANG=\"C.UTF-8\"\n"},
      {"etc/login.defs", "# UMASK 000\nUMASK 027\nENCRYPT_METHOD YESCRYPT\n"},
      {"etc/issue", "Debian GNU/Linux \\n \\l\n"},
      {"etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n"},
      {"etc/selinux/default/policy/policy.33", "x"},
      {"etc/sudoers", "# none\nDefaults env_reset\n%sudo ALL=(ALL) \\\n  NOPASSWD: ALL\n@includedir /etc/sudoers.d\n"},
      {"etc/sudoers.d/alice", "alice ALL=(ALL) ALL\n"},
      {"etc/sudoers.d/alice.bak", "mallory ALL=(ALL) ALL\n"},
      {"etc/sysctl.d/50-a.conf", "kernel.sysrq = 1\nnet.ipv4.ip_forward=1\n"},
      {"etc/sysctl.d/90-b.conf", "# later\n-kernel/sysrq=0\n"},
      {"usr/lib/sysctl.d/50-a.conf", "kernel.panic=9\n"},
      {"etc/containerd/config.toml", "version = 2\n"},
      {"etc/image-customizer-release",
       "TOOL_VERSION=\"keelson 1\"\nBUILD_DATE=\"2026-01-01T00:00:00Z\"\nIMAGE_UUID=\"u\"\n"},
      {"usr/share/image-customizer/history.json",
       R"([{"toolVersion": "a"}, {"toolVersion": "keelson 1", "config": {}}])"},
      {"home/alice/.ssh/authorized_keys", std::string("# mine\ncommand=\"a b\" ") + kSampleKey + "\nnonsense\n"},
      {"var/lib/dpkg/status",
       "Package: systemd\nStatus: install ok installed\nArchitecture: amd64\nVersion: 257.9-1\nDescription: x\n "
       "Package: no\n\n"
       "Package: containerd\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.7.24~ds1-6+b4\n\n"
       "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"},
      {"usr/lib/modules/6.12.9-cloud/modules.dep", "kernel/fs/udf/udf.ko.xz: kernel/lib/crc-itu-t.ko.xz\n"},
      {"usr/lib/modules/6.12.10-cloud/modules.dep", "kernel/fs/udf/udf.ko.xz:\nkernel/a/usb_storage.ko:\n"},
      {"boot/config-6.12.10-cloud", "CONFIG_KEXEC=y\n# CONFIG_DEVMEM is not set\nCONFIG_OTHER=y\n"},
      {"boot/initrd.img-6.12.10-cloud", "x"},
      {"boot/grub/grub.cfg", "menuentry 'Sample' {\n linux /boot/vmlinuz-6.12.10-cloud root=UUID=1 fips=1\n}\n"},
      {"etc/systemd/system/multi-user.target.wants/.keep", ""},
      {"usr/bin/su", "program"},
      {"srv/open", "anybody"},
  };
  for (const auto& [path, text] : files) put_file(root, path, text);
  put_link(root, "etc/os-release", "../usr/lib/os-release");
  put_link(root, "etc/localtime", "/usr/share/zoneinfo/Europe/Berlin");
  put_link(root, "bin", "usr/bin");
  put_link(root, "etc/systemd/system/multi-user.target.wants/containerd.service",
           "/usr/lib/systemd/system/containerd.service");
  put_link(root, "etc/systemd/system/ctrl-alt-del.target", "/dev/null");
  put_link(root, "usr/lib/systemd/system/default.target", "multi-user.target");
  put_link(root, "usr/lib/systemd/system/sysinit.target.wants/systemd-sysctl.service", "../systemd-sysctl.service");
  std::filesystem::remove(root / "etc/systemd/system/multi-user.target.wants/.keep");
  std::filesystem::permissions(root / "usr/bin/su", std::filesystem::perms(04755));
  std::filesystem::permissions(root / "srv/open", std::filesystem::perms(0666));
}

}  // namespace keelson::inspect
