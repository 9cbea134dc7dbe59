/// What os.hardening's profiles stand for. The sources are those of src/hardening.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/recipe.h"

namespace keelson::recipe {

/// Arguments of the kernel: "slab_nomerge", "vsyscall=none". Those of one architecture are nothing to the other.
std::span<const std::string_view> profile_arguments(Profile profile);

/// Those of the profile that the recipe's own arguments do not name: what a recipe says itself, it means.
std::vector<std::string> profile_arguments_beside(Profile profile, std::span<const std::string> own);

struct Sysctl {
  std::string_view name;
  std::string_view value;
};
std::span<const Sysctl> profile_sysctls(Profile profile);

/// Whether the argument takes back what every profile stands for ("nokaslr", "mitigations=off").
bool takes_back_hardening(std::string_view argument);

}  // namespace keelson::recipe
