/// Integrity policy enforcement: the policy that says where programs may come from, as the image carries it.
/// Sources: Linux, Documentation/admin-guide/LSM/ipe.rst; systemd.special: PID 1 loads /usr/lib/ipe/*.p7b.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// Keelson's own policy: what is executed or mapped as code, and what the kernel loads, comes from the initrd or from a
/// dm-verity volume whose root hash is signed. Another kernel is never started.
std::string_view default_ipe_policy();

/// The name that a policy gives itself in its first line ("policy_name=NAME policy_version=1.0.0"), by which systemd
/// activates it. Untrusted text; the kernel parses the rest.
/// @throws Error(BadInput) when there is none, or it makes no file's name.
std::string require_ipe_policy_name(std::string_view policy, std::string_view file);

/// Checks that each kernel of the image that tells how it was built has IPE, and that its systemd loads policies.
/// @throws Error(BadInput) naming what does not: the policy would be of no effect.
void check_loads_ipe_policies(const RootDir& root);

/// Puts a signed policy where PID 1 loads it from.
void install_ipe_policy(const RootDir& root, std::string_view name, ByteView signed_policy);

}  // namespace keelson::os
