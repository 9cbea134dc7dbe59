/// The compiled SELinux policy of an image that is built, kept for the builds that come after it.
#pragma once

#include "base/reporter.h"
#include "factory/system.h"

namespace keelson::factory {

/// Whether a package of that name is a policy, by its name.
bool is_selinux_policy(std::string_view package);

/// Fails before a package is fetched when the recipe turns SELinux on and none of them is a policy.
/// @throws Error(BadInput) with a hint.
void check_has_selinux_policy(const recipe::Recipe& recipe, const deb::Lock& lock);

/// Compiles what the policy package left to do and the recipe's modules, or takes what an earlier build compiled from
/// the same: the packages that make policies, the modules, and the image's accounts. Which other packages are in the
/// image does not matter, so that an update of one of them costs no compilation.
void compile_policy(const SystemRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
