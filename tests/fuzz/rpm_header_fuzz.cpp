// formats/rpmdb/header.h, and what inventory/ makes of a header: no bytes may do more than be refused.
#include "base/error.h"
#include "inventory/rpm_license.h"
#include "inventory/rpm_package.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const keelson::rpmdb::Header header({reinterpret_cast<const std::byte*>(data), size});
    keelson::inventory::read_rpm_license(keelson::inventory::rpm_package(header).license);
    keelson::inventory::rpm_signing_key(header);
    keelson::inventory::rpm_changelog(header);
    keelson::inventory::visit_rpm_files(header, [](const keelson::inventory::RpmFile&) {});
  } catch (const keelson::Error&) {
  }
  return 0;
}
