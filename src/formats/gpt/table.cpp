#include "formats/gpt/table.h"

#include <algorithm>

#include "base/error.h"
#include "formats/gpt/crc32.h"
#include "formats/gpt/mbr.h"

namespace keelson::gpt {

namespace {

// One copy, proved against the disk. The header is checked alone first, so that its entries' place can be trusted
// before it is read from.
Table read_copy(const ReadAt& read_at, Lba at, const Geometry& geometry) {
  const std::size_t block = geometry.block_size;
  Table copy{.header = parse_header(read_at(at.value * block, block)), .entries = {}};
  if (copy.header.my_lba != at)
    throw Error(ErrorKind::BadInput, "cannot read 'GPT header': it belongs to another block");
  check_layout(copy.header, {}, geometry);
  copy.entries =
      parse_entries(read_at(copy.header.entries_lba.value * block, entries_size(copy.header).value), copy.header);
  check_layout(copy.header, copy.entries, geometry);
  return copy;
}

void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

void pad(Bytes& bytes, std::size_t block) { bytes.resize((bytes.size() + block - 1) / block * block); }

}  // namespace

Table read_table(const ReadAt& read_at, const Geometry& geometry) {
  check_geometry(geometry);
  check_protective_mbr(read_at(0, geometry.block_size));
  Table primary =
      with_context("reading the primary partition table", [&] { return read_copy(read_at, {1}, geometry); });
  const Table backup = with_context("reading the backup partition table",
                                    [&] { return read_copy(read_at, geometry.last_lba(), geometry); });
  check_backup(primary.header, backup.header);
  return primary;
}

Table make_table(const Uuid& disk_uuid, std::vector<Entry> entries, const Geometry& geometry) {
  check_geometry(geometry);
  const Lba last = geometry.last_lba();
  Header header{.my_lba = {1}, .alternate_lba = last, .disk_uuid = disk_uuid, .entries_lba = {2}};
  const std::uint64_t blocks = entry_blocks(header, geometry);
  if (last.value < 2 * blocks + 3)
    throw Error(ErrorKind::BadInput, "cannot use 'GPT': the disk is too small for its two tables");
  const bool small = geometry.size < mebibytes(4);
  header.first_usable = {small ? 2 + blocks : mebibytes(1).value / geometry.block_size};
  header.last_usable = {last.value - blocks - 1};
  header.entries_crc32 = crc32(encode_entries(entries));
  check_layout(header, entries, geometry);
  return {.header = header, .entries = std::move(entries)};
}

std::vector<Extent> encode_table(const Table& table, const Geometry& geometry) {
  const Header& primary = table.header;
  const std::size_t block = geometry.block_size;
  Bytes array = encode_entries(table.entries, primary.entry_count, primary.entry_size);
  pad(array, block);

  Extent front{.offset = 0, .bytes = encode_protective_mbr(geometry)};
  append(front.bytes, encode_header(primary, block));
  // An extent of its own: a foreign table may keep its entries far from its header.
  Extent entries{.offset = primary.entries_lba.value * block, .bytes = array};

  Header backup = primary;
  std::swap(backup.my_lba, backup.alternate_lba);
  backup.entries_lba = {backup.my_lba.value - array.size() / block};
  Extent back{.offset = backup.entries_lba.value * block, .bytes = std::move(array)};
  append(back.bytes, encode_header(backup, block));
  return {std::move(front), std::move(entries), std::move(back)};
}

}  // namespace keelson::gpt
