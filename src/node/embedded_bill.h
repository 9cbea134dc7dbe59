/// The packages that the bill in an image lists (`os.sbom: spdx`): where dm-verity protects /usr, the one list of
/// packages that is the image's for certain.
#pragma once

#include <string_view>
#include <vector>

#include "inventory/packages.h"
#include "node/live_root.h"

namespace keelson::node {

inline constexpr std::string_view kEmbeddedBill = "/usr/share/sbom/image.spdx.json";

/// Name, version and architecture of each binary package; none when there is no bill.
/// @throws Error(BadInput) for a broken one.
std::vector<inventory::Package> read_embedded_bill(const LiveRoot& root);

}  // namespace keelson::node
