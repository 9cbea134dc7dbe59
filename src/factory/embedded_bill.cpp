#include "factory/embedded_bill.h"

#include <filesystem>

#include "inventory/cyclonedx.h"
#include "inventory/spdx.h"

namespace keelson::factory {

std::optional<recipe::EmbeddedBill> find_embedded_bill(const RootDir& root) {
  if (root.exists(kEmbeddedSpdx)) return recipe::EmbeddedBill::Spdx;
  if (root.exists(kEmbeddedCycloneDx)) return recipe::EmbeddedBill::CycloneDx;
  return std::nullopt;
}

void embed_bill(const inventory::Bill& bill, recipe::EmbeddedBill form, const RootDir& root) {
  for (const char* old : {kEmbeddedSpdx, kEmbeddedCycloneDx}) {
    if (root.status(old)) root.remove(old);  // a symlink of a foreign base is not followed
  }
  if (form == recipe::EmbeddedBill::None) return;
  root.make_folders(std::filesystem::path(kEmbeddedSpdx).parent_path().native());
  if (form == recipe::EmbeddedBill::Spdx) {
    root.write(kEmbeddedSpdx, inventory::write_spdx(bill));
  } else {
    root.write(kEmbeddedCycloneDx, inventory::write_cyclonedx(bill));
  }
}

}  // namespace keelson::factory
