/// What only a look at every file of a root file system tells: programs that run as somebody else, files that anybody
/// may write or that nobody owns, and what takes the space.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_set>

#include "inspect/file_list.h"

namespace keelson::inspect {

/// Who the system knows; a file of somebody else is unowned.
struct KnownOwners {
  std::map<std::uint32_t, std::string> users;
  std::map<std::uint32_t, std::string> groups;
};
/// Of passwd(5) and group(5).
KnownOwners known_owners(std::string_view passwd, std::string_view group);

/// What was found, with paths made harmless, in the order of the paths.
struct WalkedTree {
  std::string setuid;          ///< lines "4755 root root /usr/bin/su", setuid and setgid files
  std::string world_writable;  ///< lines; no symlinks, no character devices, no folders with the sticky bit
  std::string unowned;         ///< lines
  std::map<std::string, std::string> capabilities;  ///< path to capabilities as getcap(8) says them: "cap_net_raw=ep"
  std::map<std::string, std::uint64_t> sizes;  ///< bytes by top folder ("/usr"); what has several names counts once
  std::uint64_t files = 0;                     ///< names of anything but folders
  std::uint64_t folders = 0;
};

/// Takes one file after the other, as visit_files() gives them.
class TreeFacts {
 public:
  /// @param note is told what was cut: there is a MiB of each list's text.
  TreeFacts(const KnownOwners& owners, const std::function<void(std::string)>& note) : owners_(owners), note_(note) {}

  void add(const ListedFile& file);
  const WalkedTree& result() const { return tree_; }

 private:
  void look_at_file(const ListedFile& file);
  void add_line(std::string& lines, std::string line, std::string_view what);

  const KnownOwners& owners_;
  const std::function<void(std::string)>& note_;
  WalkedTree tree_;
  std::unordered_set<NodeId> several_names_;
};

/// capabilities(7): the attribute security.capability as getcap(8) says it; "" when it is none.
std::string capabilities_text(std::string_view attribute);

}  // namespace keelson::inspect
