// formats/qcow2: any bytes as a file are refused, or are a disk that can be walked and read.
#include "disk_exercise.h"
#include "formats/qcow2/disk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const keelson::MemoryBlocks file(keelson::Bytes(bytes, bytes + size));
  try {
    keelson::exercise_disk(keelson::qcow2::Qcow2Disk(file));
  } catch (const keelson::Error&) {
  }
  return 0;
}
