/// Which packages bear or provide a name, and which are essential: the part of the indices that every resolution
/// needs, kept in a cache so that a warm resolution reads only the stanzas that it touches, not 57 MB of text.
///
/// Measured against libsolv's own .solv cache for Debian 13 (19 MB, 90-130 ms and 34 MB of memory to load): this is
/// 2.5 MB, a few milliseconds, and sorted so that a name is found without building anything.
///
/// File (little endian): "KEELNAME", u32 format, u32 entries, u32 essentials, u32 name bytes; entries sorted by name,
/// packages before providers, then by place {u32 name offset, u16 name length, u8 index, u8 kind, u32 stanza offset,
/// u32 stanza length}; essentials {u32 entry}; names; SHA-256 of all before.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"
#include "packages/deb/resolve/index.h"

namespace keelson::deb {

/// Changes whenever the file's layout, or what is read from the indices, changes.
inline constexpr std::uint32_t kNameDirectoryFormat = 1;

/// Scans indices and writes the directory's bytes. Packages of other architectures than `architecture` and "all" are
/// left out. @throws Error(BadInput) for a malformed index, or for more than 255 indices.
Bytes make_name_directory(std::span<const std::string_view> texts, std::string_view architecture);

/// Looks names up in a directory's bytes, which must outlive it.
class NameDirectory {
 public:
  /// @throws Error(BadInput) when the bytes are not a whole directory of this format.
  explicit NameDirectory(ByteView bytes);

  struct Entries {
    std::vector<StanzaPlace> packages;   ///< stanzas whose Package is the name
    std::vector<StanzaPlace> providers;  ///< stanzas whose Provides mentions it
  };
  Entries find(std::string_view name) const;
  std::vector<StanzaPlace> essential() const;
  /// All names of packages (not of provided names), sorted: for "did you mean".
  std::vector<std::string> package_names() const;

 private:
  struct Entry {
    std::string_view name;
    bool provider = false;
    StanzaPlace place;
  };
  Entry entry(std::size_t number) const;

  ByteReader reader_;
  std::size_t entries_ = 0;
  std::size_t essentials_ = 0;
  std::size_t names_at_ = 0;
};

}  // namespace keelson::deb
