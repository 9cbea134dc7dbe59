// formats/uki: no bytes may do more than be refused, and every section lies within the input.
#include <cstdlib>

#include "base/error.h"
#include "formats/uki/uki.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const auto view = keelson::uki::parse_uki(bytes, "fuzz.efi");
    if (view.linux.size() > size || view.linux.data() + view.linux.size() > bytes.data() + size) std::abort();
  } catch (const keelson::Error&) {
  }
  return 0;
}
