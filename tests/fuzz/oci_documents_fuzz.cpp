// formats/oci: any text as each of a container image's documents is refused or read, never more.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "formats/oci/documents.h"

namespace {

template <typename Parse>
void attempt(const Parse& parse, std::string_view text) {
  try {
    (void)parse(text);
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  attempt(keelson::oci::parse_index, text);
  attempt(keelson::oci::parse_manifest, text);
  attempt(keelson::oci::parse_config, text);
  attempt(keelson::oci::parse_saved_images, text);
  attempt(
      [](std::string_view all) {
        keelson::oci::check_layout_version(all);
        return 0;
      },
      text);
  return 0;
}
