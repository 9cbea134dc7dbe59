/// One walk over every file of a root file system, for what only that tells: programs that run as somebody else, files
/// that anybody may write or that nobody owns, and what takes the space.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.h"

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

/// @param note is told what was cut or could not be read.
/// Bounds: 5 million names, 256 folders deep, a MiB of each list's text.
WalkedTree walk_tree(const FileSystem& files, const KnownOwners& owners, const std::function<void(std::string)>& note);

/// capabilities(7): the attribute security.capability as getcap(8) says it; "" when it is none.
std::string capabilities_text(std::string_view attribute);

}  // namespace keelson::inspect
