/// A bill of materials as a CycloneDX document, "IMAGE.cdx.json".
/// Source: ECMA-424, 1st edition, "CycloneDX v1.6 Bill of Materials Specification", JSON.
#pragma once

#include <string>

#include "inventory/bill.h"

namespace keelson::inventory {

/// The same bill gives the same bytes: the serial number follows from a digest of the rest.
std::string write_cyclonedx(const Bill& bill);

}  // namespace keelson::inventory
