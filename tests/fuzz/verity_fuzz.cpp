// formats/verity: any bytes are refused or read. A superblock that is read gives the same fields when it is written and
// read again. What follows it, cut in two, is compared as tree and data, whatever the superblock says of their sizes.
#include <cstdlib>

#include "base/error.h"
#include "formats/verity/tree.h"

namespace {

namespace verity = keelson::verity;

void one_after_the_other(std::size_t count, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < count; ++i) body(i);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const auto superblock = verity::parse_superblock(bytes, "fuzz");
    const auto again = verity::parse_superblock(verity::encode_superblock(superblock), "again");
    if (again.uuid != superblock.uuid || again.salt != superblock.salt || again.data_blocks != superblock.data_blocks)
      std::abort();
    const std::size_t half = size / 2;
    const keelson::MemoryBlocks hashes(
        keelson::Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(half)));
    const keelson::MemoryBlocks rest(keelson::Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(half), bytes.end()));
    verity::find_damage(rest, hashes, superblock, {}, one_after_the_other);
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
  return 0;
}
