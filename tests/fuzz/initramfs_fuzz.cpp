// formats/initramfs: whatever the bytes are, and whatever they unpack to, it ends within its limits.
#include <cstdlib>

#include "formats/initramfs/initramfs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::initramfs::Limits limits{
      .unpacked = keelson::mebibytes(8), .entries = 1000, .names = keelson::ByteCount{1u << 16}, .parts = 8};
  const auto found = keelson::initramfs::read_initramfs({reinterpret_cast<const std::byte*>(data), size}, limits);
  if (found.entries.size() > limits.entries || found.parts.size() > limits.parts) std::abort();
  return 0;
}
