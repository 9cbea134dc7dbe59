// formats/mbr: a disk of any bytes is refused, or gives partitions that lie within it and do not overlap.
#include <cstdlib>

#include "base/error.h"
#include "file_system_walk.h"
#include "formats/mbr/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::fuzz::PackedDisk disk(data, size);
  (void)keelson::mbr::is_protective(disk);
  if (!keelson::mbr::looks_like_mbr(disk)) return 0;
  try {
    const auto table = keelson::mbr::read_table(disk);
    if (table.partitions.size() > 4 + keelson::mbr::kMostLogical) std::abort();
    for (const auto& one : table.partitions) {
      if (one.range.length == 0 || one.range.end() > disk.size().value) std::abort();
      for (const auto& other : table.partitions) {
        if (&one != &other && one.range.offset < other.range.end() && other.range.offset < one.range.end())
          std::abort();
      }
    }
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
  return 0;
}
