/// What of an OS tree goes onto a FAT file system: names and contents, for FAT knows neither owners nor modes.
#pragma once

#include <string>
#include <vector>

#include "image/esp.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// The files of `tree`, which was scanned below `mount_point` of `root`, each with its content in place. Empty folders
/// are not kept. @throws Error(BadInput) for what is neither file nor folder.
std::vector<image::EspFile> fat_files(const RootDir& root, const std::string& mount_point, const image::Tree& tree);

}  // namespace keelson::factory
