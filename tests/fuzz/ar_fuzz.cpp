// formats/ar: no bytes may do more than be refused, and every member lies within the input.
#include <cstdlib>

#include "base/error.h"
#include "formats/ar/archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    for (const auto& member : keelson::ar::parse_archive(bytes, "fuzz.deb")) {
      if (member.data.size() > size || member.name.empty()) std::abort();
      if (member.data.data() + member.data.size() > bytes.data() + size) std::abort();
    }
  } catch (const keelson::Error&) {
  }
  return 0;
}
