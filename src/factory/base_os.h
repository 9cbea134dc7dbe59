/// What OS a base image holds, and whether a recipe can be applied to it.
#pragma once

#include <string>

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct BaseOs {
  std::string id;            ///< os-release(5): "debian", "ubuntu"
  std::string id_like;       ///< "debian" of Ubuntu; may be ""
  std::string codename;      ///< VERSION_CODENAME, "trixie"; may be ""
  std::string name;          ///< PRETTY_NAME, for messages
  bool has_dpkg = false;     ///< dpkg's database is there
  std::string architecture;  ///< Debian's name for it: "amd64", "arm64"

  bool is_debian() const;
};

/// @throws Error(BadInput) if the tree has no os-release.
BaseOs identify(const RootDir& root);

/// "Debian GNU/Linux 13 (trixie)".
std::string describe(const BaseOs& base);

/// @throws Error(BadInput) naming the recipe's key that needs more than this version does for this OS.
void require_supported(const BaseOs& base, const recipe::Recipe& recipe);

}  // namespace keelson::factory
