/// A folder that looks like the root of a running node, for tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "node/live_root.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::node::testing {

inline constexpr std::string_view kPackages =
    "Package: base-files\nStatus: install ok installed\nVersion: 13.8\nArchitecture: amd64\n\n"
    "Package: containerd\nStatus: install ok installed\nVersion: 1.7.24~ds1-6+b4\nArchitecture: amd64\n\n"
    "Package: old\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n";
inline constexpr std::string_view kRootHash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

class NodeFixture {
 public:
  NodeFixture() : folder_("node-root") {
    put("usr/lib/os-release", "ID=debian\nIMAGE_ID=container-host\nIMAGE_VERSION=2026.11.0\n");
    put("var/lib/dpkg/status", kPackages);
    put("proc/sys/kernel/random/boot_id", "5c0e35ad-0000-4000-8000-000000000001\n");
    put("proc/sys/kernel/osrelease", "6.12.63+deb13-amd64\n");
    put("proc/cmdline", "console=ttyS0 root=PARTUUID=aaaa\n");
    put("proc/1/mountinfo", "21 1 8:2 / / rw,relatime - ext4 /dev/sda2 rw\n");
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  LiveRoot root() const { return LiveRoot(path()); }
  void put(std::string_view name, std::string_view text) const {
    const auto file = path() / name;
    std::filesystem::create_directories(file.parent_path());
    write_file(file, text);
  }
  void remove(std::string_view name) const { std::filesystem::remove_all(path() / name); }
  /// As a node whose root is under dm-verity has it.
  void put_verity(const std::string& mount_point, const std::string& device) const {
    put("proc/cmdline", std::string(device == "root" ? "roothash=" : "usrhash=") + std::string(kRootHash) + " quiet\n");
    put("proc/1/mountinfo", "21 1 8:2 / / rw - ext4 /dev/sda2 rw\n22 1 254:3 / " + mount_point +
                                " ro - erofs /dev/mapper/" + device + " ro\n");
    put("sys/dev/block/254:3/dm/name", device + "\n");
    put("sys/dev/block/254:3/dm/uuid", "CRYPT-VERITY-1122-" + device + "\n");
  }

 private:
  TempDir folder_;
};

}  // namespace keelson::node::testing
