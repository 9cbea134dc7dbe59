/// os.hardening: files that make the system more closed. What they hold is in docs/guide/hardening.md.
#pragma once

#include <string_view>

#include "base/reporter.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// After what packages bring (50-*.conf), before os.sysctls (90-image.conf): the recipe's own settings win.
inline constexpr const char* kHardeningSysctlFile = "etc/sysctl.d/85-hardening.conf";
inline constexpr const char* kBlockedModulesFile = "etc/modprobe.d/hardening.conf";
inline constexpr const char* kLateSysctlFile = "etc/systemd/modules-disabled.conf";

/// The first line of each file that is written here: what begins otherwise is somebody else's.
inline constexpr std::string_view kByHardening = "# From the image's recipe (os.hardening).\n";

/// Writes what the keys ask for. Before the recipe's own files, so that those win. Nothing happens for absent keys.
/// @throws Error(BadInput) when the image has nothing that would apply them.
void apply_hardening(const recipe::Hardening& hardening, const RootDir& root);

/// setuidPrograms: takes the set-user-ID and set-group-ID bits from every regular file but the exceptions.
/// The last step, so that it sees what the recipe brings.
/// @throws Error(BadInput) for an exception that is not there.
void strip_setuid_programs(const recipe::Hardening& hardening, const RootDir& root);

/// services: a drop-in for each unit that service_sandboxes.h knows and the image has, with what the unit does not say
/// itself. After the recipe's own files and units, so that what they say is seen. A unit that is masked, or whose name
/// is an alias of another one's, is left alone, and so is a drop-in of the same name that is not from here.
void sandbox_services(recipe::Profile profile, const RootDir& root);

/// accounts: closed. Files that the image lacks stay absent.
void close_accounts(const RootDir& root);

}  // namespace keelson::os
