/// Private namespaces: how Keelson gets the rights to lay out an OS tree without root, and how everything that it
/// mounts disappears with it, even after kill -9.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace keelson {

/// A run of ids: `count` ids from `inside` in a user namespace are those from `outside` in its parent.
struct IdRange {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 0;
};

/// The subordinate ids of a user: the lines of /etc/subuid or /etc/subgid (subuid(5)) for `name` or `id`.
std::vector<IdRange> parse_subordinate_ids(std::string_view text, std::string_view name, std::uint32_t id);

/// Moves the calling process into a mount namespace of its own in which it may mount. As root that is all; an
/// ordinary user also gets a user namespace in which it is uid 0 and its subordinate ids are 1 and up (through
/// newuidmap and newgidmap). Call once, at the start, before any thread exists.
/// @throws Error(Refused) with a hint when the system forbids it or there are no subordinate ids.
void enter_private_namespaces();

/// Looks whether enter_private_namespaces() can find what it needs, and enters nothing: for those who want to know
/// before a long download. What only the kernel can refuse is found out when it is entered.
/// @throws Error(Refused) when an ordinary user has no subordinate ids, or newuidmap and newgidmap are not installed.
void check_private_namespaces();

/// Puts a tmpfs on `folder` (inside the private mount namespace: nobody else sees it). `limit` bounds its memory.
void mount_workspace(const std::filesystem::path& folder, ByteCount limit);
/// Takes it away again, with everything in it. Never fails: without it the namespace's end does the same.
void unmount_workspace(const std::filesystem::path& folder) noexcept;

/// The id ranges that exist in this process's own user namespace, as identity ranges for a child's map.
std::string own_id_map(std::string_view map_file);  // "/proc/self/uid_map" or "/proc/self/gid_map"

/// Memory that can be used without swapping, from /proc/meminfo's MemAvailable.
ByteCount available_memory();

}  // namespace keelson
