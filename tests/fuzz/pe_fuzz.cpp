// formats/uki: no bytes may do more than be refused, every section lies within the input, and a changed command line is
// read back.
#include <cstdlib>

#include "base/error.h"
#include "formats/uki/uki.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const auto view = keelson::uki::parse_uki(bytes, "fuzz.efi");
    if (view.linux.size() > size || view.linux.data() + view.linux.size() > bytes.data() + size) std::abort();
    keelson::uki::has_signature(bytes);
    std::string changed;
    keelson::uki::write_with_command_line([&](keelson::ByteView piece) { changed += keelson::as_text(piece); }, bytes,
                                          "fuzz.efi", "changed");
    if (keelson::uki::parse_uki(keelson::as_bytes(changed), "changed").cmdline != "changed") std::abort();
  } catch (const keelson::Error&) {
  }
  return 0;
}
