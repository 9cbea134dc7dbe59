/// What keeps a first boot from asking questions, and from differing between two builds.
/// Source: systemd-firstboot(1), machine-id(5) of systemd 257.
#pragma once

#include <cstdint>
#include <string_view>

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// The preset that says so. It also keeps packages that are installed later from enabling their services, which is
/// right on a machine and wrong while a recipe installs them.
inline constexpr std::string_view kFirstBootPreset = "/usr/lib/systemd/system-preset/99-keelson.preset";

/// systemd-firstboot asks on the console, and hangs an unattended boot, for whatever of these is missing; all are
/// preset, and what exists is kept:
///   /etc/machine-id       "uninitialized": each machine gets its own, and the boot counts as the first
///   /etc/locale.conf      LANG=C.UTF-8
///   /etc/vconsole.conf    KEYMAP=us
///   /etc/localtime        UTC
///   /etc/hosts            localhost (nobody asks, but no package brings it)
///   root's password       none opens the account, if it had none
///   presets               the first boot enables no unit that the image does not (systemd.preset(5))
/// Dates of password changes after `epoch` become the epoch's day: package scripts write the day of the build there.
void prepare_first_boot(const RootDir& root, std::int64_t epoch);

/// Presets for the units that a recipe names, in an image of others that has not booted yet (machine-id(5): there is no
/// /etc/machine-id, or it says "uninitialized"): otherwise its first boot enables again what the recipe disabled. What
/// an earlier recipe said of other units stays. Nothing is done for an image that has booted.
inline constexpr std::string_view kRecipePreset = "/etc/systemd/system-preset/00-keelson.preset";
void keep_services_at_first_boot(const RootDir& root, const recipe::Services& services);

}  // namespace keelson::os
