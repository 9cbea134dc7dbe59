/// What takes the space in a system: its folders with what is in them, down to a few levels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inspect/file_list.h"

namespace keelson::inspect {

struct SpaceFolder {
  std::string name;         ///< "usr", made harmless; "" for the root
  std::uint64_t bytes = 0;  ///< of the content of all files below; of one with several names once
  std::uint64_t files = 0;  ///< names of anything but folders, below
  /// The largest first; at most 60, and what is smaller is in none of them: neither it nor the files that lie in the
  /// folder itself.
  std::vector<SpaceFolder> folders;
};

/// @param files as list_files() gives them. Folders of three levels are told apart. Sums that would not fit stop at the
/// largest number.
SpaceFolder space_of(const std::vector<ListedFile>& files);

}  // namespace keelson::inspect
