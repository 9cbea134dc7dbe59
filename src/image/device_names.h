/// Which partition of a disk a device's name means, as fstab(5) and kernel arguments have them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "image/base_disk.h"

namespace keelson::image {

/// "UUID=…", "PARTUUID=…", "LABEL=…", "PARTLABEL=…", their links in /dev/disk, or "/dev/sda2", of which only the number
/// counts. @return an index into BaseDisk::partitions; nothing: none has that name.
std::optional<std::size_t> find_partition(const BaseDisk& disk, std::string_view source);

}  // namespace keelson::image
