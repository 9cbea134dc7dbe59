#include "formats/uki/pe_checksum.h"

namespace keelson::uki {

void PeChecksum::update(ByteView bytes) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return std::to_integer<std::uint64_t>(bytes[at]); };
  if (length_ % 2 == 1 && !bytes.empty()) sum_ += byte(i++) << 8;
  // 2^47 words fit before the sum of 64 bits overflows: folding can wait until the end.
  for (; i + 1 < bytes.size(); i += 2) sum_ += byte(i) | byte(i + 1) << 8;
  if (i < bytes.size()) sum_ += byte(i);
  length_ += bytes.size();
}

std::uint32_t PeChecksum::finish() const {
  std::uint64_t sum = sum_;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint32_t>(sum + length_);
}

}  // namespace keelson::uki
