#include "factory/volume.h"

#include <algorithm>

#include "base/error.h"
#include "image/filesystems/ext4/writer.h"
#include "image/filesystems/xfs/writer.h"

namespace keelson::factory {

namespace {

constexpr std::size_t kExt4Label = 16;
constexpr std::size_t kXfsLabel = 12;

image::BtrfsOptions btrfs_options(const VolumeOptions& options) {
  return {.label = options.label,
          .uuid = options.uuid,
          .seed = options.seed,
          .epoch = options.epoch,
          .subvolumes = options.subvolumes};
}

// "var" leads to "var/log", and "var/log/a" lies below it.
bool is_wanted(std::string_view path, std::string_view wanted) {
  const auto begins_with_folder = [](std::string_view text, std::string_view folder) {
    return folder.empty() || text == folder || (text.starts_with(folder) && text[folder.size()] == '/');
  };
  return begins_with_folder(path, wanted) || begins_with_folder(wanted, path);
}

}  // namespace

bool is_volume_type(std::string_view type) { return type.starts_with("ext") || type == "xfs" || type == "btrfs"; }

ByteCount volume_size_for(const VolumeOptions& options, const image::Tree& tree, ByteCount extra_free) {
  if (options.type == "xfs") return image::xfs_size_for(tree, extra_free);
  if (options.type == "btrfs") return image::btrfs_size_for(tree, extra_free, btrfs_options(options));
  return image::ext4_size_for(tree, extra_free);
}

void write_volume(const VolumeOptions& options, const image::Tree& tree, const RootDir& root, int raw, ByteCount offset,
                  ByteCount size) {
  if (options.type == "xfs") {
    return image::write_xfs(tree, root, raw, offset, size,
                            {.label = options.label.substr(0, kXfsLabel),
                             .uuid = options.uuid,
                             .seed = options.seed,
                             .epoch = options.epoch});
  }
  if (options.type == "btrfs") return image::write_btrfs(tree, root, raw, offset, size, btrfs_options(options));
  image::write_ext4(tree, root, raw, offset, size,
                    {.label = options.label.substr(0, kExt4Label),
                     .uuid = options.uuid,
                     .seed = options.seed,
                     .epoch = options.epoch,
                     .refer = options.refer});
}

image::Tree part_of(image::Tree tree, const std::vector<std::string>& paths) {
  constexpr std::size_t kNone = image::TreeEntry::kNone;
  image::Tree part;
  std::vector<std::size_t> places(tree.entries.size(), kNone);  // old index to new
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    auto& entry = tree.entries[i];
    if (!std::any_of(paths.begin(), paths.end(), [&](const auto& path) { return is_wanted(entry.path, path); }))
      continue;
    if (entry.parent != kNone) entry.parent = places[entry.parent];
    if (const std::size_t first = entry.first_link; first != kNone) {
      // Of a file whose first name is elsewhere, the next one takes its place.
      entry.first_link = places[first];
      if (places[first] == kNone) places[first] = part.entries.size();
    }
    places[i] = part.entries.size();
    part.entries.push_back(std::move(entry));
  }
  return part;
}

}  // namespace keelson::factory
