/// The number of a device file, and the four forms in which file systems store it.
/// Source: Linux `include/linux/kdev_t.h`.
#pragma once

#include <cstdint>

namespace keelson {

struct DeviceNumber {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  bool operator==(const DeviceNumber&) const = default;
};

/// The kernel's own form, in btrfs: 12 bits and 20.
constexpr std::uint64_t pack_kernel_device(DeviceNumber device) {
  return std::uint64_t{device.major} << 20 | (device.minor & 0xfffff);
}
constexpr DeviceNumber unpack_kernel_device(std::uint64_t packed) {
  return {static_cast<std::uint32_t>(packed >> 20 & 0xfff), static_cast<std::uint32_t>(packed & 0xfffff)};
}

/// System V's form, in XFS: 14 bits and 18.
inline constexpr DeviceNumber kSystemVDeviceEnd{1u << 14, 1u << 18};
constexpr std::uint32_t pack_system_v_device(DeviceNumber device) { return device.major << 18 | device.minor; }
constexpr DeviceNumber unpack_system_v_device(std::uint32_t packed) { return {packed >> 18, packed & 0x3ffff}; }

/// The old form, 8 bits and 8, in the first word of an ext4 inode's map where it is enough; else the new form, 12 bits
/// and 20, in the second.
struct Ext4Device {
  std::uint32_t old_form = 0;
  std::uint32_t new_form = 0;
};
constexpr Ext4Device pack_ext4_device(DeviceNumber device) {
  const auto [major, minor] = device;
  if (major < 256 && minor < 256) return {.old_form = major << 8 | minor};
  return {.new_form = (minor & 0xff) | major << 8 | (minor & ~0xffu) << 12};
}
constexpr DeviceNumber unpack_ext4_device(const Ext4Device& packed) {
  if (packed.old_form != 0) return {(packed.old_form >> 8) & 0xff, packed.old_form & 0xff};
  return {(packed.new_form & 0xfff00) >> 8, (packed.new_form & 0xff) | ((packed.new_form >> 12) & 0xfff00)};
}

}  // namespace keelson
