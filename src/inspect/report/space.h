/// What takes the space in a system: its folders with what is in them, down to a few levels.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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

/// Takes one file after the other. Folders of three levels are told apart, and at most 200,000 of them: what lies in
/// further ones counts for the folder above. Sums that would not fit stop at the largest number.
class SpaceCounter {
 public:
  void add(const ListedFile& file);
  SpaceFolder result() const;

 private:
  struct Counted {
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
    std::map<std::string, Counted, std::less<>> folders;

    void add(std::uint64_t more);
  };
  Counted* find_or_make(Counted& above, std::string_view name);
  static SpaceFolder shown(std::string_view name, const Counted& counted);

  Counted root_;
  std::size_t folders_ = 0;
  std::set<std::pair<const FileSystem*, NodeId>> seen_;  // files with several names
};

}  // namespace keelson::inspect
