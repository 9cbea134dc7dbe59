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

/// The recipe's own options of a mount ("noatime,suid"; "": none) and what `mounts` adds at this place: nodev and
/// nosuid on /home, /srv and /var, noexec too on /boot, /efi, /tmp, /var/log and /var/tmp, and below them. What the own
/// options say themselves, either way, is left so.
std::string mount_options_beside(Profile profile, std::string_view mount_point, const std::string& own);

/// Gives each mount of the storage these options, and `hardening` the places.
void close_mounts(Storage& storage, Hardening& hardening);

/// Whether the argument takes back what every profile stands for ("nokaslr", "mitigations=off").
bool takes_back_hardening(std::string_view argument);

}  // namespace keelson::recipe
