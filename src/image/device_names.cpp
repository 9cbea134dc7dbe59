#include "image/device_names.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace keelson::image {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// "2" of /dev/sda2, /dev/nvme0n1p2: the disk's name on the machine it ran on tells us nothing more.
std::optional<std::uint32_t> partition_number(std::string_view device) {
  if (!device.starts_with("/dev/") || device.starts_with("/dev/disk/") || device.starts_with("/dev/mapper/"))
    return std::nullopt;
  const auto digits = device.find_last_not_of("0123456789") + 1;
  if (digits == 0 || digits >= device.size() || device.size() - digits > 3) return std::nullopt;
  return static_cast<std::uint32_t>(std::stoul(std::string(device.substr(digits))));
}

bool names(const BasePartition& partition, std::string_view source) {
  const auto after = [&](std::string_view tag, std::string_view folder) -> std::optional<std::string_view> {
    if (source.starts_with(tag)) return source.substr(tag.size());
    if (source.starts_with(folder)) return source.substr(folder.size());
    return std::nullopt;
  };
  if (const auto uuid = after("UUID=", "/dev/disk/by-uuid/"))
    return partition.files && lower(*uuid) == lower(partition.files->identity().uuid);
  if (const auto uuid = after("PARTUUID=", "/dev/disk/by-partuuid/"))
    return lower(*uuid) == (partition.uuid.empty() ? partition.entry.uuid.text() : partition.uuid);
  if (const auto label = after("LABEL=", "/dev/disk/by-label/"))
    return partition.files && *label == partition.files->identity().label;
  if (const auto label = after("PARTLABEL=", "/dev/disk/by-partlabel/")) return *label == partition.entry.label;
  return partition_number(source) == partition.number();
}

}  // namespace

std::optional<std::size_t> find_partition(const BaseDisk& disk, std::string_view source) {
  for (std::size_t i = 0; i < disk.partitions.size(); ++i) {
    if (names(disk.partitions[i], source)) return i;
  }
  return std::nullopt;
}

}  // namespace keelson::image
