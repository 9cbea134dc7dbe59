#include "formats/tar/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "formats/tar/numbers.h"

namespace keelson::tar {

namespace {

// POSIX.1-2017, pax, "ustar Header Block"; GNU's places behind the device numbers: "struct oldgnu_header".
constexpr std::size_t kChecksumAt = 148, kChecksumSize = 8;
constexpr std::size_t kOldMapAt = 386, kOldMapPieces = 4, kOldExtendedAt = 482, kOldRealSizeAt = 483;
constexpr std::size_t kMorePieces = 21, kMoreExtendedAt = 504;
constexpr std::size_t kPieceSize = 24;
constexpr std::uint64_t kMostSize = std::uint64_t{1} << 62;
constexpr std::string_view kXattrPrefix = "SCHILY.xattr.";
constexpr std::size_t kMostXattrName = 255;
constexpr std::size_t kMostXattrValue = 65536;  // the kernel's limits: linux/limits.h

using Pieces = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // offset in the file, length

std::string_view until_nul(std::string_view field) { return field.substr(0, field.find('\0')); }

bool checksum_holds(ByteView block) {
  const auto stated = parse_field(as_text(block.subspan(kChecksumAt, kChecksumSize)));
  std::int64_t sum = 0, signed_sum = 0;  // old tars summed signed characters
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kChecksumAt && i < kChecksumAt + kChecksumSize;
    const auto byte = own ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(block[i]);
    sum += byte;
    signed_sum += static_cast<signed char>(byte);
  }
  return stated && (*stated == sum || *stated == signed_sum);
}

std::uint64_t padded(std::uint64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

std::optional<std::string_view> last_of(const std::vector<std::pair<std::string, std::string>>& records,
                                        std::string_view key) {
  std::optional<std::string_view> found;
  for (const auto& [name, value] : records)
    if (name == key) found = value;
  return found;
}

}  // namespace

struct Reader::Header {
  Bytes block;
  std::string name;
  std::string target;
  char type = '0';
  std::uint32_t mode = 0;
  std::uint64_t uid = 0, gid = 0, size = 0;
  std::int64_t mtime = 0;
  std::uint32_t device_major = 0, device_minor = 0;
};

bool looks_like_tar(ByteView block) {
  return block.size() >= kBlock && block[0] != std::byte{0} && checksum_holds(block.first(kBlock));
}

void Reader::refuse(std::string_view why) const {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'tar': the entry at byte {} {}", start_, why));
}

void Reader::skip(std::uint64_t bytes) {
  const std::uint64_t size = archive_.size().value;
  if (bytes > size || at_ > size - bytes) refuse("reaches past the archive's end: a part of it is missing");
  // The last entry's padding may be missing.
  at_ = std::min(size, at_ + padded(bytes));
}

Reader::Header Reader::read_header() {
  Header header;
  header.block = cache_.read(at_, kBlock);
  at_ += kBlock;
  const ByteReader reader(header.block, "tar header");
  if (!checksum_holds(header.block)) refuse("has a wrong checksum");
  const auto number = [&](std::size_t offset, std::size_t width, std::string_view what, std::uint64_t most) {
    const auto value = parse_field(reader.text(offset, width));
    if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > most)
      refuse(fmt::format("has a {} that is none", what));
    return static_cast<std::uint64_t>(*value);
  };
  constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();
  header.name = until_nul(reader.text(0, 100));
  header.mode = static_cast<std::uint32_t>(number(100, 8, "mode", k32)) & 07777;
  header.uid = number(108, 8, "owner", k32);
  header.gid = number(116, 8, "group", k32);
  header.size = number(124, 12, "size", kMostSize);
  const auto mtime = parse_field(reader.text(136, 12));
  if (!mtime) refuse("has a time that is none");
  header.mtime = *mtime;
  header.type = static_cast<char>(reader.u8(156));
  header.target = until_nul(reader.text(157, 100));
  const auto magic = reader.text(257, 6);
  if (header.type == '3' || header.type == '4') {
    header.device_major = static_cast<std::uint32_t>(number(329, 8, "device number", k32));
    header.device_minor = static_cast<std::uint32_t>(number(337, 8, "device number", k32));
  }
  // GNU's older format ("ustar  ") has other things in the place of the prefix.
  const auto prefix = until_nul(reader.text(345, 155));
  if (magic == std::string_view("ustar\0", 6) && !prefix.empty())
    header.name = fmt::format("{}/{}", prefix, header.name);
  return header;
}

Bytes Reader::take_content(const Header& header) {
  if (header.size > kMostExtension) refuse("says more of the next one than 1 MiB");
  const std::uint64_t from = at_;
  skip(header.size);
  return cache_.read(from, static_cast<std::size_t>(header.size));
}

// "27 path=a/long/name\n", the length in decimal and of the whole record.
Reader::Records Reader::parse_pax(ByteView bytes) const {
  Records records;
  std::string_view rest = as_text(bytes);
  while (!rest.empty() && rest.front() != '\0') {
    const auto space = rest.find(' ');
    const auto length = space == std::string_view::npos ? std::nullopt : parse_decimal(rest.substr(0, space));
    if (!length || *length > rest.size() || *length < space + 3 || rest[*length - 1] != '\n')
      refuse("has a pax record of a wrong length");
    const auto record = rest.substr(space + 1, *length - space - 2);
    const auto equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) refuse("has a pax record without a key");
    records.emplace_back(record.substr(0, equals), record.substr(equals + 1));
    rest.remove_prefix(*length);
  }
  return records;
}

std::optional<ReadEntry> Reader::next() {
  Extensions extensions;
  while (!ended_) {
    start_ = at_;
    const std::uint64_t size = archive_.size().value;
    if (at_ == size) {
      ended_ = true;
      if (!extensions.pax.empty() || extensions.long_name || extensions.long_target) refuse("is missing");
      return std::nullopt;
    }
    if (size - at_ < kBlock) refuse("is cut off in its header: a part of the archive is missing");
    if (is_zero(cache_.read(at_, kBlock))) {
      ended_ = ended_by_zeros_ = true;
      return std::nullopt;
    }
    const Header header = read_header();
    switch (header.type) {
      case 'x':
      case 'X':
        extensions.pax = parse_pax(take_content(header));
        break;
      case 'g':
        for (auto& record : parse_pax(take_content(header))) {
          std::erase_if(global_, [&](const auto& known) { return known.first == record.first; });
          global_.push_back(std::move(record));
          if (global_.size() > 1000) refuse("makes it more than 1,000 pax records for all");
        }
        break;
      case 'L':
        extensions.long_name = until_nul(as_text(take_content(header)));
        break;
      case 'K':
        extensions.long_target = until_nul(as_text(take_content(header)));
        break;
      case 'V':  // the archive's own name
        skip(header.size);
        break;
      default:
        return read_entry(header, extensions);
    }
  }
  return std::nullopt;
}

ReadEntry Reader::read_entry(const Header& header, const Extensions& extensions) {
  ReadEntry read;
  Entry& entry = read.entry;
  entry.path = extensions.long_name.value_or(header.name);
  entry.target = extensions.long_target.value_or(header.target);
  entry.mode = header.mode;
  entry.uid = header.uid;
  entry.gid = header.gid;
  entry.mtime = header.mtime;
  entry.device_major = header.device_major;
  entry.device_minor = header.device_minor;
  Records records = global_;
  records.insert(records.end(), extensions.pax.begin(), extensions.pax.end());
  std::uint64_t stored = header.size;
  apply_pax(read, records, stored);
  switch (header.type) {
    case '0':
    case '\0':
    case '7':
    case 'S':
      // Before ustar, a name with a slash at its end was a folder.
      entry.type = header.type == '\0' && entry.path.ends_with('/') ? EntryType::Folder : EntryType::File;
      break;
    case '1':
      entry.type = EntryType::HardLink;
      break;
    case '2':
      entry.type = EntryType::Symlink;
      break;
    case '3':
      entry.type = EntryType::CharDevice;
      break;
    case '4':
      entry.type = EntryType::BlockDevice;
      break;
    case '5':
      entry.type = EntryType::Folder;
      break;
    case '6':
      entry.type = EntryType::Fifo;
      break;
    default:
      refuse(fmt::format("is of a kind that is not known (0x{:02x})", static_cast<unsigned char>(header.type)));
  }
  if (entry.type == EntryType::File) place_content(read, header, records, stored);
  return read;
}

void Reader::apply_pax(ReadEntry& read, const Records& records, std::uint64_t& stored) const {
  const auto number = [&](std::string_view value, std::string_view what, std::uint64_t most) {
    const auto parsed = parse_decimal(value);
    if (!parsed || *parsed > most) refuse(fmt::format("has a {} that is none", what));
    return *parsed;
  };
  constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();
  Entry& entry = read.entry;
  for (const auto& [key, value] : records) {
    if (value.empty() && !key.starts_with(kXattrPrefix)) continue;  // an empty value takes a global one back
    if (key == "path" || key == "GNU.sparse.name" || key == "linkpath") {
      if (value.find('\0') != std::string::npos) refuse("has a name with a NUL in it");
      if (key == "linkpath") entry.target = value;
      if (key == "path" && !last_of(records, "GNU.sparse.name")) entry.path = value;
      if (key == "GNU.sparse.name") entry.path = value;
    } else if (key == "size") {
      stored = number(value, "size", kMostSize);
    } else if (key == "uid") {
      entry.uid = number(value, "owner", k32);
    } else if (key == "gid") {
      entry.gid = number(value, "group", k32);
    } else if (key == "mtime") {
      const auto time = parse_time(value);
      if (!time) refuse("has a time that is none");
      entry.mtime = time->seconds;
      read.nanoseconds = time->nanoseconds;
    } else if (key.starts_with(kXattrPrefix)) {
      const auto name = key.substr(kXattrPrefix.size());
      if (name.empty() || name.size() > kMostXattrName || name.find('\0') != std::string::npos ||
          value.size() > kMostXattrValue)
        refuse("has an extended attribute that no file can have");
      entry.xattrs[name] = value;
    }
  }
}

void Reader::place_content(ReadEntry& read, const Header& header, const Records& records, std::uint64_t stored) {
  read.size = stored;
  std::optional<Pieces> map;
  const auto real_size = [&](std::string_view key) {
    const auto text = last_of(records, key);
    const auto size = text ? parse_decimal(*text) : std::nullopt;
    if (!size || *size > kMostSize) refuse("is a sparse file without a size");
    return *size;
  };
  const auto number = [&](std::string_view text) {
    const auto value = parse_decimal(text);
    if (!value) refuse("has a sparse map that is none");
    return *value;
  };
  if (header.type == 'S') {
    map = read_old_map(header);
    const auto size = parse_field(as_text(ByteView(header.block).subspan(kOldRealSizeAt, 12)));
    if (!size || *size < 0 || static_cast<std::uint64_t>(*size) > kMostSize) refuse("is a sparse file without a size");
    read.size = static_cast<std::uint64_t>(*size);
  } else if (last_of(records, "GNU.sparse.major") == "1") {
    read.size = real_size("GNU.sparse.realsize");
    map = read_map_before_content(stored);
  } else if (const auto text = last_of(records, "GNU.sparse.map")) {  // 0.1
    read.size = real_size("GNU.sparse.size");
    map.emplace();
    const auto parts = split(*text, ',');
    if (parts.size() % 2 != 0 || parts.size() / 2 > kMostPieces) refuse("has a sparse map that is none");
    for (std::size_t i = 0; i < parts.size(); i += 2) map->emplace_back(number(parts[i]), number(parts[i + 1]));
  } else if (last_of(records, "GNU.sparse.numblocks")) {  // 0.0: pairs of records
    read.size = real_size("GNU.sparse.size");
    map.emplace();
    std::uint64_t offset = 0;
    for (const auto& [key, value] : records) {
      if (key == "GNU.sparse.offset") offset = number(value);
      if (key == "GNU.sparse.numbytes") map->emplace_back(offset, number(value));
      if (map->size() > kMostPieces) refuse("has more than 65,536 pieces");
    }
  }
  if (!map) map = Pieces{{0, stored}};
  place_pieces(read, stored, *map);
}

void Reader::place_pieces(ReadEntry& read, std::uint64_t stored, const Pieces& pieces) {
  std::uint64_t from = at_;
  skip(stored);
  std::uint64_t end = 0, left = stored;
  for (const auto& [offset, length] : pieces) {
    if (offset < end || offset > read.size || length > read.size - offset)
      refuse("has a sparse map that overlaps itself");
    if (length > left) refuse("has a sparse map of more bytes than it holds");
    end = offset + length;
    left -= length;
    if (length > 0) read.content.push_back({.offset = offset, .range = {from, length}});
    from += length;
  }
}

// GNU tar's old form: four pieces in the header, twenty-one in each block that follows.
Pieces Reader::read_old_map(const Header& header) {
  Pieces pieces;
  const auto take = [&](ByteView block, std::size_t at, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto text = as_text(block.subspan(at + i * kPieceSize, kPieceSize));
      if (text[0] == '\0') return;
      const auto offset = parse_field(text.substr(0, 12)), length = parse_field(text.substr(12));
      if (!offset || !length || *offset < 0 || *length < 0) refuse("has a sparse map that is none");
      pieces.emplace_back(*offset, *length);
    }
    if (pieces.size() > kMostPieces) refuse("has more than 65,536 pieces");
  };
  take(header.block, kOldMapAt, kOldMapPieces);
  bool more = header.block[kOldExtendedAt] != std::byte{0};
  while (more) {
    const std::uint64_t from = at_;
    skip(kBlock);
    const Bytes block = cache_.read(from, kBlock);
    const std::size_t before = pieces.size();
    take(block, 0, kMorePieces);
    more = block[kMoreExtendedAt] != std::byte{0} && pieces.size() > before;
  }
  return pieces;
}

// GNU's 1.0: lines of decimal numbers in whole blocks before the content: how many pieces, then each's offset and
// length.
Pieces Reader::read_map_before_content(std::uint64_t& stored) {
  Bytes block;
  std::size_t at = kBlock;
  const auto line = [&] {
    std::string text;
    for (;;) {
      if (at == kBlock) {
        if (stored < kBlock) refuse("has a sparse map that does not end");
        const std::uint64_t from = at_;
        skip(kBlock);
        stored -= kBlock;
        block = cache_.read(from, kBlock);
        at = 0;
      }
      const char c = static_cast<char>(block[at++]);
      if (c == '\n') break;
      text += c;
      if (text.size() > 20) refuse("has a sparse map that is none");
    }
    const auto value = parse_decimal(text);
    if (!value) refuse("has a sparse map that is none");
    return *value;
  };
  const std::uint64_t count = line();
  if (count > kMostPieces) refuse("has more than 65,536 pieces");
  Pieces pieces;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = line();
    pieces.emplace_back(offset, line());
  }
  return pieces;
}

}  // namespace keelson::tar
