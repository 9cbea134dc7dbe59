/// What stands before a dm-verity hash tree: how it was made, so that it can be opened with nothing but its root hash.
/// Spec: cryptsetup's wiki "DMVerity", "Verity superblock format", version 1; Linux
/// Documentation/admin-guide/device-mapper/verity.rst.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/units.h"
#include "base/uuid.h"

namespace keelson::verity {

/// Of data and hashes alike: the only size that is written and read here, and the page size of the machines we build
/// for. The kernel takes no block that is larger than a page.
inline constexpr ByteCount kBlock{4096};
inline constexpr std::size_t kSuperblockSize = 512;
inline constexpr std::size_t kLargestSalt = 256;

/// Of hash type 1 with sha256.
struct Superblock {
  Uuid uuid;
  std::uint64_t data_blocks = 0;
  Bytes salt;  ///< comes before each block that is hashed; at most kLargestSalt bytes
};

/// kSuperblockSize bytes. @throws Error(BadInput) for no data, too much of it, or a salt that is too long.
Bytes encode_superblock(const Superblock& superblock);

/// Decodes the first kSuperblockSize of `bytes`, untrusted. Whether data and tree are where it says is not looked at.
/// @throws Error(BadInput) naming the rule broken, or what of the format is not read here.
Superblock parse_superblock(ByteView bytes, std::string_view name);

}  // namespace keelson::verity
