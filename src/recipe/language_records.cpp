// What an image says about itself.
#include "recipe/language_records.h"

namespace keelson::recipe {

std::vector<Key> record_keys() {
  return {
      {.name = "imageHistory",
       .value = one_of({{"none"}}),
       .meaning = "`none`: `keelson customize` writes no record of itself to /usr/share/image-customizer/history.json.",
       .example = "none"},
      {.name = "sbom",
       .value = one_of({{"none"}, {"spdx"}, {"cyclonedx"}}),
       .meaning = "The bill of materials inside the image: `spdx` puts it at /usr/share/sbom/image.spdx.json, "
                  "`cyclonedx` at /usr/share/sbom/image.cdx.json. Beside the image both are written in any case.",
       .fallback = "none; of a base that has one, renewed when packages change or scripts run",
       .example = "spdx",
       .extension = true}};
}

}  // namespace keelson::recipe
