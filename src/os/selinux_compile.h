/// Compiling the SELinux policy of an image: what its policy package asks for, and the recipe's modules, in one go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

/// The arguments, one a line, that a policy package's postinst would have called semodule(8) with, where it was kept
/// from it. A build compiles the policy once then, with the recipe's modules in it, and not once for each.
inline constexpr std::string_view kDeferredPolicy = "var/lib/selinux/keelson-deferred";

struct PolicyAdditions {
  std::vector<std::filesystem::path> modules;  ///< files of the host; the part before the ending is the module's name
  std::map<std::string, bool> booleans;
  bool empty() const { return modules.empty() && booleans.empty(); }
};

/// Has the image's own semodule(8) compile the policy, in the sandbox: with what kDeferredPolicy says, which is
/// removed, and with these additions. A module of the same name that was there is replaced. Does nothing if there is
/// neither.
/// @throws Error(BadInput) with semodule's words if it doesn't compile, or there is no policy.
void compile_selinux_policy(const PolicyAdditions& additions, std::int64_t epoch, const RootDir& root);

}  // namespace keelson::os
