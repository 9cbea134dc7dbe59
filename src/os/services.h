/// The `os.services` of a recipe: units enabled and disabled by making and removing the symlinks that
/// `systemctl --root=… enable|disable` would, without running anything of the image.
/// Source: systemd.unit(5), systemctl(1) of systemd 257.
#pragma once

#include <span>
#include <string>

#include "base/reporter.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// Makes the symlinks of the unit's [Install] section, and of the units in its Also=. An alias of a unit stands for the
/// unit. A unit without [Install] is reported as a warning: there is nothing to enable.
/// @throws Error(BadInput) for an unknown unit (with "did you mean"), a masked one, a template that has no instance,
/// or an alias whose name is taken by something else.
void enable_unit(const RootDir& root, std::string_view name, Reporter& reporter);

/// Removes every symlink to the unit, its aliases, its instances (for a template) and the units in its Also= below
/// /etc/systemd/system, and folders that are empty then. Masks stay.
void disable_unit(const RootDir& root, std::string_view name, Reporter& reporter);

/// Enables, then disables, as Image Customizer does. Errors carry a frame that names the entry.
void apply_services(const recipe::Services& services, const RootDir& root, Reporter& reporter);

}  // namespace keelson::os
