// formats/erofs: a disk of any bytes is refused or read, never more, and every walk ends.
#include "file_system_walk.h"
#include "formats/erofs/erofs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return keelson::fuzz::walk_packed_disk(data, size, keelson::erofs::open_erofs);
}
