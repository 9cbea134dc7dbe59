// formats/squashfs: a disk of any bytes is refused or read, never more, and every walk ends.
#include "file_system_walk.h"
#include "formats/squashfs/squashfs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return keelson::fuzz::walk_packed_disk(data, size, keelson::squashfs::open_squashfs);
}
