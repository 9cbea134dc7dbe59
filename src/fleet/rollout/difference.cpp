#include "fleet/rollout/difference.h"

#include <fmt/format.h>

#include <utility>

namespace keelson::fleet {

std::string difference(const Release& wanted, const Release& booted) {
  for (const auto& [what, member] :
       {std::pair{"the image", &Release::image_digest}, std::pair{"the list of packages", &Release::manifest_hash},
        std::pair{"the kernel", &Release::kernel}, std::pair{"containerd", &Release::containerd},
        std::pair{"SELinux", &Release::selinux}, std::pair{"FIPS", &Release::fips}}) {
    const std::string& want = wanted.*member;
    const std::string& have = booted.*member;
    if (!want.empty() && want != have)
      return fmt::format("{} is {}, not {}", what, have.empty() ? "not known" : have, want);
  }
  return {};
}

}  // namespace keelson::fleet
