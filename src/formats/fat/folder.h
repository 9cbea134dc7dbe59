/// A folder's 32-byte entries to names and values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file_system.h"

namespace keelson::fat {

constexpr std::size_t kEntrySize = 32;

/// One short entry. Spec: "FAT Directory Structure".
struct Entry {
  std::string short_name;  ///< UTF-8, with its dot; "" for a volume label
  bool is_folder = false;
  bool is_read_only = false;
  std::uint32_t cluster = 0;  ///< 0: empty
  std::uint32_t size = 0;
  NodeTime modified;
};

struct Name {
  std::string name;
  std::size_t at = 0;  ///< of its short entry, in bytes from the folder's start
  Entry entry;
};

struct Names {
  std::vector<Name> names;  ///< as they stand; without "." and ".."
  std::string label;        ///< the volume's, when this folder holds it
};

/// @param bytes one short entry. @throws Error(BadInput) for a long name's part, a deleted entry or a volume label.
Entry parse_entry(ByteView bytes);

/// All entries up to the folder's end. A long name that does not belong to the short one behind it is passed over.
/// @throws Error(BadInput) for a name that is not possible.
Names parse_names(ByteView folder);

}  // namespace keelson::fat
