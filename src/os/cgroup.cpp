#include "os/cgroup.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr int kLastSystemdWithVersion1 = 257;

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot use 'os.cgroup.version: v1': {}", why), "use v2");
}

// Of "libsystemd-shared-257.so", or "-257.9-1~deb13u1.so": the number; 0 when there is none.
int systemd_version(const RootDir& root) {
  constexpr std::string_view kPrefix = "libsystemd-shared-";
  for (const char* folder :
       {"usr/lib/systemd", "usr/lib/x86_64-linux-gnu/systemd", "usr/lib/aarch64-linux-gnu/systemd"}) {
    for (const auto& name : root.list(folder)) {
      if (!name.starts_with(kPrefix)) continue;
      int version = 0;
      std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), version);
      if (version > 0) return version;
    }
  }
  return 0;
}

// An option that is not named at all belongs to an older kernel, which has version 1 without asking.
bool is_left_out(std::string_view config, std::string_view option) {
  return config.find(fmt::format("# {} is not set", option)) != std::string_view::npos;
}

void check_kernel(const RootDir& root, const std::string& name) {
  const std::string config = root.read("boot/" + name);
  for (const auto* option : {"CONFIG_MEMCG_V1", "CONFIG_CPUSETS_V1"}) {
    if (is_left_out(config, option))
      refuse(fmt::format("the kernel {} is built without {}", name.substr(std::string_view("config-").size()), option));
  }
}

}  // namespace

void check_cgroup(const recipe::Os& os, const RootDir& root) {
  if (os.cgroup != recipe::CgroupVersion::V1) return;
  if (const int version = systemd_version(root); version > kLastSystemdWithVersion1)
    refuse(fmt::format("systemd {} has no version 1 any more", version));
  for (const auto& name : root.list("boot")) {
    if (name.starts_with("config-")) check_kernel(root, name);
  }
}

}  // namespace keelson::os
