/// A disk image file of any format that Keelson reads, as the disk in it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/block_source.h"

namespace keelson::image {

/// The format by its content, never by its name: "qcow2", "vhd" (dynamic), "vhd-fixed", "vhdx", or "raw" when there is
/// nothing else to see. What begins like a format is that format, even if it is broken: opening it says how.
/// @throws Error(BadInput) for formats that are not read (compressed files, VMDK) and for an empty file, with a hint.
std::string image_format(const BlockSource& file);
std::string image_format(const std::filesystem::path& path);

/// Opens a file, or a block device, as the disk in it. Nothing is written to it.
/// @throws Error naming the file: NotFound and the like for the file, BadInput for its content.
std::unique_ptr<BlockSource> open_image(const std::filesystem::path& path);

}  // namespace keelson::image
