/// Whether what is mounted at / or /usr is a dm-verity device, and its root hash.
/// Source: proc_pid_mountinfo(5); the kernel's "dm-verity" and Documentation/ABI/testing/sysfs-block-dm;
/// systemd-veritysetup-generator(8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node/live_root.h"

namespace keelson::node {

struct VerityRoot {
  std::string mount_point;  ///< "/", or "/usr" where only that is protected
  std::string root_hash;    ///< 64 hexadecimal digits
};

/// Asks for three things together: a root hash on the command line, a device that systemd names after it ("root",
/// "usr") and that device-mapper says is a verity device, and that it is what is mounted there. / before /usr.
std::optional<VerityRoot> find_verity_root(const LiveRoot& root, std::string_view command_line);

}  // namespace keelson::node
