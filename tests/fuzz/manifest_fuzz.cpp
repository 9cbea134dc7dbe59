// image/manifest: any text is refused or read, and what was read and written is read as the same again.
#include <cstdlib>

#include "base/error.h"
#include "image/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace image = keelson::image;
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // Once written, packages are sorted: from then on nothing may change any more.
    const std::string written = image::write_manifest(image::parse_manifest(text, "fuzz.manifest.json"));
    if (image::write_manifest(image::parse_manifest(written, "written")) != written) std::abort();
  } catch (const keelson::Error&) {
  }
  return 0;
}
