// os.hardening.mounts and the file systems that the recipe lays out: a mount's own options are the surest ones, for
// they hold from the first moment.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "recipe/hardening_profiles.h"

namespace keelson::recipe {

namespace {

struct ClosedPlace {
  std::string_view path;  ///< and what is mounted below it
  bool noexec;
};

// The more special follow. Programs stay where containers have theirs: an overlay's lower folders would not mind
// noexec, but volumes are bind mounts, which inherit it.
constexpr std::array<ClosedPlace, 8> kPlaces{{{"/boot", true},
                                              {"/efi", true},
                                              {"/home", false},
                                              {"/srv", false},
                                              {"/tmp", true},
                                              {"/var", false},
                                              {"/var/log", true},
                                              {"/var/tmp", true}}};

const ClosedPlace* place_of(std::string_view mount_point) {
  const ClosedPlace* found = nullptr;
  for (const auto& place : kPlaces) {
    const bool below = mount_point.starts_with(place.path) &&
                       (mount_point.size() == place.path.size() || mount_point[place.path.size()] == '/');
    if (below) found = &place;
  }
  return found;
}

}  // namespace

std::string mount_options_beside(Profile profile, std::string_view mount_point, const std::string& own) {
  const ClosedPlace* place = profile == Profile::None ? nullptr : place_of(mount_point);
  if (place == nullptr) return own;
  std::string options = own;
  const auto words = split(own, ',');
  const auto says = [&](std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); };
  for (const std::string_view option : {"nodev", "nosuid", "noexec"}) {
    if (option == "noexec" && !place->noexec) continue;
    if (says(option) || says(option.substr(2))) continue;  // "suid" is said by one who means it; "defaults" is not
    options += (options.empty() ? "" : ",") + std::string(option);
  }
  return options;
}

void close_mounts(Storage& storage, Hardening& hardening) {
  if (hardening.mounts == Profile::None) return;
  const auto close = [&](auto& mounted) {
    if (mounted.mount_point.empty()) return;
    mounted.mount_options = mount_options_beside(hardening.mounts, mounted.mount_point, mounted.mount_options);
    hardening.mount_points.push_back(mounted.mount_point);
  };
  for (auto& filesystem : storage.filesystems) {
    close(filesystem);
    for (auto& subvolume : filesystem.subvolumes) close(subvolume);
  }
}

}  // namespace keelson::recipe
