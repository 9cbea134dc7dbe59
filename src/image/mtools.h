/// Runs mtools on one FAT file system inside a disk's file, with everything that could change its output pinned: the
/// configuration file, locale, time zone and clock.
/// Source: mtools(1) of GNU mtools 4.0.33, "Environment variables".
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/units.h"

namespace keelson::image {

class Mtools {
 public:
  /// @param raw_image the disk. @param folder gets a link to it, named "disk", so that its path can't be misread; the
  /// programs run there. @param offset where the file system begins. @param epoch the time that is written.
  Mtools(const std::filesystem::path& raw_image, const std::filesystem::path& folder, ByteCount offset,
         std::int64_t epoch);

  /// @throws Error(BadInput) when the file system is full; Error(Unavailable) when the disk under it is, or with the
  /// program's last words.
  void run(const std::string& program, const std::vector<std::string>& arguments) const;

 private:
  void check_disk(const std::string& output) const;

  std::filesystem::path raw_image_;
  std::filesystem::path folder_;
  std::string image_;
  std::vector<std::string> environment_;
};

}  // namespace keelson::image
