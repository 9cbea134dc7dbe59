#include "formats/gpt/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "formats/gpt/crc32.h"
#include "formats/gpt/mbr.h"

namespace keelson::gpt {

namespace {

// The header in that block, by itself.
Header read_header(const ReadAt& read_at, Lba at, const Geometry& geometry) {
  const Header header = parse_header(read_at(at.value * geometry.block_size, geometry.block_size));
  if (header.my_lba != at) throw Error(ErrorKind::BadInput, "cannot read 'GPT header': it belongs to another block");
  return header;
}

// One copy, proved against the disk. The header is checked alone first, so that its entries' place can be trusted
// before it is read from.
Table read_copy(const ReadAt& read_at, Lba at, const Geometry& geometry) {
  Table copy{.header = read_header(read_at, at, geometry), .entries = {}};
  check_layout(copy.header, {}, geometry);
  copy.entries = parse_entries(
      read_at(copy.header.entries_lba.value * geometry.block_size, entries_size(copy.header).value), copy.header);
  check_layout(copy.header, copy.entries, geometry);
  return copy;
}

// The disk as it was when the table was written: its backup stood in the last block.
Geometry as_partitioned(const Header& primary, const Geometry& now) {
  if (primary.alternate_lba > now.last_lba()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use 'GPT': the disk ends at block {}, and its table says that it has a block {}",
                            now.last_lba().value, primary.alternate_lba.value),
                "a part of the disk is missing: copy it again");
  }
  return {.size = {(primary.alternate_lba.value + 1) * now.block_size}, .block_size = now.block_size};
}

bool has_good_backup(const ReadAt& read_at, const Geometry& geometry) {
  try {
    read_copy(read_at, geometry.last_lba(), geometry);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

void pad(Bytes& bytes, std::size_t block) { bytes.resize((bytes.size() + block - 1) / block * block); }

}  // namespace

Table read_table(const ReadAt& read_at, const Geometry& geometry) {
  check_geometry(geometry);
  check_protective_mbr(read_at(0, geometry.block_size));
  Geometry written = geometry;
  Table primary;
  try {
    primary = with_context("reading the primary partition table", [&] {
      written = as_partitioned(read_header(read_at, {1}, geometry), geometry);
      return read_copy(read_at, {1}, written);
    });
  } catch (const Error& error) {
    if (!error.hint().empty() || !has_good_backup(read_at, geometry)) throw;
    Error told(error.kind(), error.message(),
               "its backup is good: let a tool such as sgdisk or gdisk restore the table from it, on a copy");
    for (const auto& frame : error.context()) told.add_context(frame);
    throw told;
  }
  const Table backup = with_context("reading the backup partition table",
                                    [&] { return read_copy(read_at, primary.header.alternate_lba, written); });
  check_backup(primary.header, backup.header);
  return primary;
}

bool ends_with_disk(const Table& table, const Geometry& geometry) {
  return table.header.alternate_lba == geometry.last_lba();
}

Table extend_to_end(Table table, const Geometry& geometry) {
  check_geometry(geometry);
  const Lba last = geometry.last_lba();
  if (table.header.alternate_lba > last)
    throw Error(ErrorKind::BadInput, "cannot use 'GPT': the disk is smaller than its table says");
  table.header.alternate_lba = last;
  // No underflow: before, it lay that far behind the table's own first blocks.
  table.header.last_usable = {last.value - entry_blocks(table.header, geometry) - 1};
  // Of what we write: a label that is no UTF-16 is not written as it was read.
  table.header.entries_crc32 = crc32(encode_entries(table.entries, table.header.entry_count, table.header.entry_size));
  check_layout(table.header, table.entries, geometry);
  return table;
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
