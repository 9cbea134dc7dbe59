/// A logical block address: the number of a block on a disk, counted from 0. How long a block is (512 or 4096 bytes)
/// is a property of the disk, so that an Lba alone is never a byte offset.
#pragma once

#include <compare>
#include <cstdint>

namespace keelson::gpt {

struct Lba {
  std::uint64_t value = 0;
  auto operator<=>(const Lba&) const = default;
};

}  // namespace keelson::gpt
