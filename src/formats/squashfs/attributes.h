/// Extended attributes: sets of them, by number. Spec: Linux fs/squashfs/xattr.c, xattr_id.c.
#pragma once

#include <map>

#include "formats/squashfs/metadata.h"

namespace keelson::squashfs {

/// Where attributes lie, as their table's head says.
class Attributes {
 public:
  /// @throws Error(BadInput) for a table that does not lie within the file system.
  Attributes(const Metadata& metadata, const Superblock& superblock);

  /// Full names to values. @throws Error(BadInput)
  std::map<std::string, std::string> read(std::uint32_t number) const;

 private:
  std::string read_value(MetadataCursor& cursor, bool elsewhere, std::uint64_t& left) const;
  Place place_of(std::uint64_t reference) const;

  const Metadata& metadata_;
  std::uint64_t end_;         // of the file system
  std::uint64_t places_ = 0;  // of the blocks with sets
  std::uint64_t values_ = 0;  // the table that sets lead into
  std::uint32_t count_ = 0;
};

}  // namespace keelson::squashfs
