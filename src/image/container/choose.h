/// Which of the images of a layout is meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/oci/documents.h"

namespace keelson::image {

/// The only one; else the only one for Linux on this architecture ("amd64"). What is attached to images (signatures,
/// attestations) and names of one and the same image do not count.
/// @throws Error(BadInput) when none or several remain; it lists them.
oci::Descriptor choose_manifest(const std::vector<oci::Descriptor>& manifests, std::string_view architecture);

}  // namespace keelson::image
