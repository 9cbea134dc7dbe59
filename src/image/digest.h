/// SHA-256 of a whole raw disk and of its partitions. Holes of the file count as the zeros that they are, but are not
/// read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"

namespace keelson::image {

struct ByteRange {
  ByteCount offset;
  ByteCount size;
};

/// The digest of exactly these bytes. @throws Error(BadInput) if the file ends before the range does.
Sha256 digest_range(const std::filesystem::path& file, ByteRange range);

/// One digest per range, computed in parallel, largest range first; ranges may overlap.
std::vector<Sha256> digest_ranges(const std::filesystem::path& file, std::span<const ByteRange> ranges);

}  // namespace keelson::image
