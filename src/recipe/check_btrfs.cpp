#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

/// The subvolume is chosen by `subvolumes`, not by options.
void check_options(const View& mount, const Reading& reading) {
  const View options = mount.at("options");
  const std::string text = options.text_or("");
  for (const auto option : split(text, ',')) {
    if (!option.starts_with("subvol=") && !option.starts_with("subvolid=")) continue;
    reading.rule(options, fmt::format("'{}' must not hold {}", options.path(), quote(option)),
                 "name the subvolume in btrfs.subvolumes");
  }
}

std::string mount_path(const View& subvolume) {
  const View mount = subvolume.at("mountPoint");
  const std::string path = mount.is_scalar() ? mount.text_or("") : mount.at("path").text_or("");
  return path.empty() ? path : std::filesystem::path(path).lexically_normal().string();
}

bool lies_in(const std::string& path, const std::string& folder) {
  return path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

/// A subvolume that is mounted inside a part of itself can never be mounted.
void check_nesting(const View& outer, const View& inner, const Reading& reading) {
  const std::string outer_mount = mount_path(outer);
  const std::string inner_mount = mount_path(inner);
  const auto outer_path = outer.at("path").text();
  const auto inner_path = inner.at("path").text();
  if (outer_mount.empty() || inner_mount.empty() || !outer_path || !inner_path) return;
  if (!lies_in(*inner_path, *outer_path) || outer_mount == inner_mount || !lies_in(outer_mount, inner_mount)) return;
  reading.rule(inner.at("mountPoint"),
               fmt::format("subvolume {} lies in {}, but is mounted around it", quote(*inner_path), quote(*outer_path)),
               "swap the two mount paths");
}

}  // namespace

void check_btrfs(const View& filesystem, const Reading& reading) {
  const auto subvolumes = filesystem.below("btrfs.subvolumes").items();
  if (filesystem.at("type").text_or("") == "btrfs") check_options(filesystem.at("mountPoint"), reading);
  std::set<std::string> paths;
  for (const auto& subvolume : subvolumes) {
    const View path = subvolume.at("path");
    if (!path.text_or("").empty() && !paths.insert(path.text_or("")).second) {
      reading.rule(path, fmt::format("subvolume {} is given twice", quote(path.text_or(""))));
    }
    check_options(subvolume.at("mountPoint"), reading);
  }
  constexpr std::size_t kMostCompared = 256;  // pairs are compared: bound the square
  if (subvolumes.size() > kMostCompared) {
    reading.rule(filesystem.at("btrfs"), fmt::format("more than {} subvolumes", kMostCompared));
    return;
  }
  for (const auto& outer : subvolumes) {
    for (const auto& inner : subvolumes) check_nesting(outer, inner, reading);
  }
}

}  // namespace keelson::recipe
