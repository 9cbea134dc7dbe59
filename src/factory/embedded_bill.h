/// The bill of materials inside an image: os.sbom. It is made of packages, recipe, lock and base only, never of the
/// image's digest or of what a verity tree or a signature says, for these cover the file itself.
#pragma once

#include <optional>

#include "inventory/bill.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// Where it lies; the endings are those by which scanners find bills.
inline constexpr const char* kEmbeddedSpdx = "usr/share/sbom/image.spdx.json";
inline constexpr const char* kEmbeddedCycloneDx = "usr/share/sbom/image.cdx.json";

/// What the tree has now; SPDX when it has both.
std::optional<recipe::EmbeddedBill> find_embedded_bill(const RootDir& root);

/// Puts `bill` into the tree in this form, and takes away one in another form; None takes both away.
/// @param bill complete but for the image's file.
void embed_bill(const inventory::Bill& bill, recipe::EmbeddedBill form, const RootDir& root);

}  // namespace keelson::factory
