/// Shortcuts through maintainer scripts that spend seconds on what takes milliseconds. Each gives the same files as the
/// script itself (a test builds an image with and without them and compares), and each applies only where the very text
/// that it replaces is found: a script that changed runs as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::deb {

/// A script that stands in for the one at `path` while the packages are configured.
struct StandIn {
  std::string path;  ///< in the image, without leading slash
  std::string content;
};

/// `text` with each of the pairs' first text replaced by the second; nothing unless every first text occurs exactly
/// once.
std::optional<std::string> replace_all_once(std::string text,
                                            const std::vector<std::pair<std::string_view, std::string_view>>& pairs);

/// The stand-ins for what is in this image.
std::vector<StandIn> find_shortcuts(const RootDir& root);

/// The stand-in for the postinst of an SELinux policy package, which compiles the policy for half a minute: it writes
/// what it would have called semodule(8) with into `file` (in the image), an argument a line, for the caller to do once
/// the policy is known in full. Nothing where there is no such package, or its script is another.
std::vector<StandIn> defer_selinux_policy(const RootDir& root, std::string_view file);

/// Files that keep a script from making what no image may hold: ssh host keys. They are removed after configuring.
std::vector<std::string> placeholder_files(const RootDir& root);

}  // namespace keelson::deb
