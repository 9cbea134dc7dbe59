#include "formats/vhdx/metadata.h"

#include <fmt/format.h>

#include <bit>
#include <map>

#include "base/error.h"
#include "formats/vhdx/guid.h"

namespace keelson::vhdx {

namespace {

constexpr std::string_view kSignature = "metadata";
constexpr std::uint16_t kMostItems = 1023;  // 2.6.1.1
constexpr std::size_t kEntrySize = 32;
constexpr std::uint32_t kIsUser = 1;
constexpr std::uint32_t kIsVirtualDisk = 2;
constexpr std::uint32_t kIsRequired = 4;
constexpr std::uint32_t kHasParent = 2;  // of the file parameters

[[noreturn]] void refuse(std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'VHDX metadata': {}", why), std::move(hint));
}

using Items = std::map<Uuid, Bytes>;

// How long each item is that we know.
std::map<Uuid, std::size_t> known_items() {
  const KnownGuids known;
  return {{known.file_parameters, 8},
          {known.virtual_size, 8},
          {known.disk_id, 16},
          {known.logical_sector, 4},
          {known.physical_sector, 4}};
}

Items read_items(const BlockSource& file, const BlockRange& region) {
  const Bytes table = read_blocks(file, region.offset, kMetadataTableSize);  // a region is at least 1 MiB
  const ByteReader reader(table, "VHDX metadata");
  if (reader.text(0, kSignature.size()) != kSignature) refuse("no signature 'metadata'");
  const std::uint16_t count = reader.u16le(10);
  if (count > kMostItems) refuse(fmt::format("it has {} items", count));
  const auto known = known_items();
  Items items;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kEntrySize + i * kEntrySize;
    const Uuid guid = read_guid(reader, at);
    const std::uint32_t flags = reader.u32le(at + 24);
    const auto found = known.find(guid);
    if (found == known.end() || (flags & kIsUser) != 0) {
      if (guid == KnownGuids().parent_locator) continue;  // the file parameters tell whether there is a parent
      if ((flags & kIsRequired) != 0) refuse(fmt::format("item {} is required and not known", guid.text()));
      continue;
    }
    const std::uint32_t offset = reader.u32le(at + 16);
    const std::uint32_t length = reader.u32le(at + 20);
    if (length != found->second || offset < kMetadataTableSize || offset > region.length ||
        length > region.length - offset) {
      refuse(fmt::format("item {} lies at {} with {} bytes, which cannot be", guid.text(), offset, length));
    }
    if (!items.emplace(guid, read_blocks(file, region.offset + offset, length)).second) {
      refuse(fmt::format("item {} is there twice", guid.text()));
    }
  }
  if (items.size() != known.size()) refuse("an item that every disk has is missing");
  return items;
}

bool is_sector(std::uint32_t size) { return size == 512 || size == 4096; }

}  // namespace

Metadata read_metadata(const BlockSource& file, const BlockRange& region) {
  const Items items = read_items(file, region);
  const KnownGuids known;
  const auto item = [&](const Uuid& guid) { return ByteReader(items.at(guid), "VHDX metadata"); };
  const auto parameters = item(known.file_parameters);
  if ((parameters.u32le(4) & kHasParent) != 0) {
    refuse("the disk is a difference to a parent disk", "merge it into its parent first (Merge-VHD)");
  }
  Metadata metadata{.block_size = parameters.u32le(0),
                    .size = {item(known.virtual_size).u64le(0)},
                    .disk_id = read_guid(item(known.disk_id), 0),
                    .logical_sector = item(known.logical_sector).u32le(0),
                    .physical_sector = item(known.physical_sector).u32le(0)};
  if (!std::has_single_bit(metadata.block_size) || metadata.block_size < mebibytes(1).value ||
      metadata.block_size > mebibytes(256).value) {
    refuse(fmt::format("blocks of {} bytes are not allowed", metadata.block_size));
  }
  if (!is_sector(metadata.logical_sector) || !is_sector(metadata.physical_sector)) {
    refuse(
        fmt::format("sectors of {} and {} bytes are not allowed", metadata.logical_sector, metadata.physical_sector));
  }
  if (metadata.size > kLargestDisk || metadata.size.value % metadata.logical_sector != 0) {
    refuse(fmt::format("a disk of {} bytes is too large or not whole sectors", metadata.size.value));
  }
  return metadata;
}

Bytes encode_metadata(const Metadata& metadata) {
  const KnownGuids known;
  ByteWriter items;
  ByteWriter table;
  table.text(kSignature);
  table.u16le(0);
  table.u16le(static_cast<std::uint16_t>(known_items().size()));
  table.zeros(20);
  const auto begin_item = [&](const Uuid& guid, std::uint32_t length, std::uint32_t flags) {
    write_guid(table, guid);
    table.u32le(static_cast<std::uint32_t>(kMetadataTableSize + items.size()));
    table.u32le(length);
    table.u32le(flags | kIsRequired);
    table.u32le(0);
  };
  begin_item(known.file_parameters, 8, 0);
  items.u32le(metadata.block_size);
  items.u32le(0);
  begin_item(known.virtual_size, 8, kIsVirtualDisk);
  items.u64le(metadata.size.value);
  begin_item(known.logical_sector, 4, kIsVirtualDisk);
  items.u32le(metadata.logical_sector);
  begin_item(known.physical_sector, 4, kIsVirtualDisk);
  items.u32le(metadata.physical_sector);
  begin_item(known.disk_id, 16, kIsVirtualDisk);
  write_guid(items, metadata.disk_id);
  table.align(kMetadataTableSize);
  table.bytes(items.view());
  return table.take();
}

}  // namespace keelson::vhdx
