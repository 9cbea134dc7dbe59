/// What a system is made of, read from its image or from its root directory: nothing is mounted, started or written.
#pragma once

#include <filesystem>

#include "inventory/bill.h"

namespace keelson::inspect {

enum class ListFiles { No, Yes };

/// The bill of a folder that holds a whole system ("/" is one), or of a disk image in any format that Keelson reads.
/// Its time is that of the last change of the packages, as the system's file system has it. An image's file is hashed,
/// if it has at most 64 GiB.
/// @throws Error(NotFound) when there is nothing, or no database of packages in it; Error(BadInput) for an image that
/// is damaged or holds no system. The caller fills in the version of the tool.
inventory::Bill read_bill(const std::filesystem::path& image_or_folder, ListFiles list = ListFiles::No);

}  // namespace keelson::inspect
