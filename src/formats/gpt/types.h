/// Partition types: what a partition is for, by which firmware and systemd find it without a configuration file.
/// Spec: UAPI.2 Discoverable Partitions Specification; the ESP: UEFI 2.10, table 5-7.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"

namespace keelson::gpt {

/// The type's UUID for a recipe's name: esp, bios-grub, home, linux-generic, root, root-verity, root-verity-sig, srv,
/// swap, tmp, usr, usr-verity, usr-verity-sig, var, xbootldr. Root and usr types differ by architecture.
/// @param architecture Debian's name, "amd64" or "arm64".
/// @return nothing if there is no such name, or none for that architecture.
std::optional<Uuid> find_type(std::string_view name, std::string_view architecture);

/// The names that find_type() knows, sorted: for "did you mean".
std::vector<std::string> type_names();

struct TypeName {
  std::string name;          ///< "root"
  std::string architecture;  ///< "amd64"; "" for types that have none

  bool operator==(const TypeName&) const = default;
};

/// What a type's UUID means, if it is one of ours.
std::optional<TypeName> find_type_name(const Uuid& uuid);

}  // namespace keelson::gpt
