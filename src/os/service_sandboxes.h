/// What services of a Debian base can be without, as data: os.hardening.services.
/// Source: systemd.exec(5), systemd.resource-control(5) of systemd 257; what the units do was read in their programs'
/// manuals and tried in booted images (docs/guide/hardening.md has the figures).
#pragma once

#include <span>
#include <string_view>

#include "recipe/recipe.h"

namespace keelson::os {

/// One line of a unit's [Service] section.
struct Directive {
  std::string_view name;
  std::string_view value;
  std::string_view with = {};  ///< a further line, which means nothing without this one
};

struct Sandbox {
  std::string_view unit;  ///< "dbus.service"; a template for all its instances
  recipe::Profile from;   ///< the mildest profile that it belongs to
  std::span<const Directive> directives;
};

/// In the order of the units' names.
std::span<const Sandbox> service_sandboxes();

}  // namespace keelson::os
