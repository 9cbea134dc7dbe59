/// What an image calls itself: IMAGE_ID and IMAGE_VERSION in os-release.
/// Source: os-release(5); systemd-sysupdate, hostnamectl and the facts read them.
#pragma once

#include <string>
#include <string_view>

#include "sys/root_dir.h"

namespace keelson::os {

struct ImageIdentity {
  std::string id;       ///< "container-host"; lower-case letters, digits, '.', '_', '-'
  std::string version;  ///< "2026.11.0"; the same characters, and '+', '~', '^' (for order)
};

/// A recipe's name as an image id: lower case, and '-' for every character that an id may not hold.
std::string image_id_from(std::string_view name);

/// Writes /etc/os-release as a file of its own: the lines of what it led to (usually /usr/lib/os-release, which belongs
/// to a package and stays), with both set. An empty id or version removes its line.
/// @throws Error(BadInput) for other characters; Error(NotFound) if the image has no os-release.
void set_identity(const RootDir& root, const ImageIdentity& identity);

}  // namespace keelson::os
