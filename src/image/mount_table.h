/// fstab(5): which file system an OS mounts where. Read from images that others made, and changed line by line so that
/// what is not understood stays as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelson::image {

struct MountLine {
  std::string source;       ///< "UUID=…", "LABEL=…", "/dev/sda1", with \040 and the like decoded
  std::string mount_point;  ///< "none" for swap
  std::string type;
  std::string options;
  std::string dump = "0";
  std::string pass = "0";

  bool operator==(const MountLine&) const = default;
};

/// The entries, in order; comments and lines of fewer than three fields are left out.
std::vector<MountLine> parse_mount_table(std::string_view text);

/// One line with its line feed; white space and backslashes in fields are encoded.
std::string mount_line(const MountLine& line);

}  // namespace keelson::image
