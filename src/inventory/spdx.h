/// A bill of materials as an SPDX document, "IMAGE.spdx.json".
/// Source: SPDX specification 2.3, JSON serialization.
#pragma once

#include <string>

#include "inventory/bill.h"

namespace keelson::inventory {

/// The same bill gives the same bytes: the document's namespace follows from a digest of the rest.
std::string write_spdx(const Bill& bill);

}  // namespace keelson::inventory
