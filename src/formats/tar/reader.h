/// Reads a tar archive entry by entry: names and attributes as values, content as places in the archive, of which
/// nothing is read. ustar, pax, GNU's long names, large numbers and sparse files of all four kinds.
///
/// Spec: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar 1.34 manual, "Basic Tar
/// Format" and "Storing Sparse Files"; attributes as SCHILY.xattr.<name>.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/block_cache.h"
#include "base/file_system.h"
#include "formats/tar/writer.h"

namespace keelson::tar {

inline constexpr std::size_t kBlock = 512;
/// What precedes an entry (a pax header, a long name) may have so many bytes.
inline constexpr std::size_t kMostExtension = 1u << 20;
inline constexpr std::size_t kMostPieces = 65536;  ///< of one sparse file

struct ReadEntry {
  Entry entry;  ///< its path and target as they stand there: untrusted, they may hold anything but NUL
  std::uint32_t nanoseconds = 0;      ///< of its time
  std::uint64_t size = 0;             ///< of a file's content, holes and all
  std::vector<ContentPlace> content;  ///< rising, within the archive and within `size`; what lies between is zeros
};

/// Whether these first 512 bytes are the header of a tar's entry: its checksum holds.
bool looks_like_tar(ByteView block);

/// Only files have content: a size that stands with another kind of entry counts for nothing, as for Go's archive/tar.
class Reader {
 public:
  /// `archive` must outlive this.
  explicit Reader(const BlockSource& archive) : archive_(archive), cache_(archive, mebibytes(1)) {}

  /// Nothing at the archive's end. @throws Error(BadInput) naming the byte offset and the rule broken; after that there
  /// is no further entry.
  std::optional<ReadEntry> next();

  /// After next() gave nothing: whether zeros ended the archive, and not just the end of its bytes.
  bool ended_by_zeros() const { return ended_by_zeros_; }

 private:
  using Records = std::vector<std::pair<std::string, std::string>>;
  struct Header;
  struct Extensions {
    Records pax;
    std::optional<std::string> long_name;
    std::optional<std::string> long_target;
  };

  [[noreturn]] void refuse(std::string_view why) const;
  Header read_header();
  Bytes take_content(const Header& header);
  Records parse_pax(ByteView bytes) const;
  ReadEntry read_entry(const Header& header, const Extensions& extensions);
  void apply_pax(ReadEntry& read, const Records& records, std::uint64_t& stored) const;
  void place_content(ReadEntry& read, const Header& header, const Records& records, std::uint64_t stored);
  void place_pieces(ReadEntry& read, std::uint64_t stored, const std::vector<std::pair<std::uint64_t, std::uint64_t>>&);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> read_old_map(const Header& header);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> read_map_before_content(std::uint64_t& stored);
  void skip(std::uint64_t bytes);

  const BlockSource& archive_;
  BlockCache cache_;
  std::uint64_t at_ = 0;     ///< where the next header is; while one is read: behind it
  std::uint64_t start_ = 0;  ///< of the entry that is read, for messages
  Records global_;
  bool ended_ = false;
  bool ended_by_zeros_ = false;
};

}  // namespace keelson::tar
