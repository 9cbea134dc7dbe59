/// The checksum in a PE optional header: the ones'-complement sum of all 16-bit little-endian words, the checksum
/// field counted as zero, plus the file's length. UEFI does not look at it; signing tools and scanners do.
/// Spec: Microsoft "PE Format", CheckSum (the algorithm of IMAGHELP.DLL).
#pragma once

#include "base/bytes.h"

namespace keelson::uki {

/// Takes the file in pieces of any size; `finish()` gives the field's value.
class PeChecksum {
 public:
  void update(ByteView bytes);
  std::uint32_t finish() const;

 private:
  std::uint64_t sum_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace keelson::uki
