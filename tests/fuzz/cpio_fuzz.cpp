// formats/cpio: no bytes may do more than be refused.
#include "base/error.h"
#include "formats/cpio/archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    keelson::cpio::parse_archive({reinterpret_cast<const std::byte*>(data), size}, "fuzz.cpio");
  } catch (const keelson::Error&) {
  }
  return 0;
}
