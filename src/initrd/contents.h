/// What an initrd holds, as lists: the one place to edit when it needs another unit, program, rule or module.
#pragma once

#include <span>
#include <string_view>

namespace keelson::initrd {

/// Files that every initrd needs; a missing one is an error.
std::span<const std::string_view> required_files();
/// Files that are taken where the tree has them.
std::span<const std::string_view> optional_files();
/// Files for a root under dm-verity; taken if the tree has the first, systemd-veritysetup.
std::span<const std::string_view> verity_files();
/// Units of systemd below usr/lib/systemd/system; a missing one is skipped, since systemd's versions differ.
std::span<const std::string_view> units();
/// "wanting unit/wanted unit": the links that start units.
std::span<const std::string_view> wants();
/// Kernel modules by name, wherever the kernel has them as modules.
std::span<const std::string_view> modules();
/// Groups that udev rules name, as "name:id" with the id for trees that don't have the group yet.
std::span<const std::string_view> groups();

/// A file of our own making.
struct OwnFile {
  std::string_view path;
  std::string_view content;
};
/// Units and drop-ins that exist in the initrd only; each says why.
std::span<const OwnFile> own_files();

}  // namespace keelson::initrd
