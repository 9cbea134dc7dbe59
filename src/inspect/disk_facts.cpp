#include "inspect/disk_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/harmless_text.h"
#include "crypto/hash.h"
#include "formats/gpt/types.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

std::string digest_of(const BlockSource& blocks) {
  Sha256Hasher hasher;
  Bytes buffer(1u << 20);
  for (std::uint64_t at = 0; at < blocks.size().value;) {
    const auto count = std::min<std::uint64_t>(buffer.size(), blocks.size().value - at);
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(count));
    blocks.read(at, piece);
    hasher.update(ByteView(piece));
    at += count;
  }
  return hasher.finish().hex();
}

json file_system_of(const FileSystemIdentity& identity) {
  json result{{"uuid", identity.uuid}, {"bytes", identity.size.value}};
  if (!identity.label.empty()) result["label"] = harmless_text(identity.label);
  return result;
}

json partition_facts(const image::BasePartition& partition, image::TableKind table, Digests digests) {
  json result{{"number", partition.number()}, {"offset", partition.range.offset}, {"bytes", partition.range.length}};
  if (table == image::TableKind::Gpt) result["typeUuid"] = partition.entry.type.text();
  if (table == image::TableKind::Mbr) result["typeCode"] = fmt::format("0x{:02x}", partition.mbr_type);
  if (!partition.uuid.empty()) result["uuid"] = partition.uuid;
  if (const auto type = gpt::find_type_name(partition.entry.type)) result["type"] = type->name;
  if (!partition.entry.label.empty()) result["label"] = harmless_text(partition.entry.label);
  if (!partition.content.empty()) result["content"] = partition.content;
  if (partition.files) result["fileSystem"] = file_system_of(partition.files->identity());
  if (digests == Digests::Yes) result["sha256"] = digest_of(*partition.blocks);
  return result;
}

}  // namespace

json disk_facts(const image::BaseDisk& disk, Digests digests) {
  json partitions = json::array();
  for (const auto& partition : disk.partitions)
    partitions.push_back(partition_facts(partition, disk.table_kind, digests));
  json result{{"format", disk.format}, {"bytes", disk.blocks->size().value}, {"partitions", std::move(partitions)}};
  switch (disk.table_kind) {
    case image::TableKind::Gpt:
      result["table"] = "gpt";
      result["uuid"] = disk.table.header.disk_uuid.text();
      break;
    case image::TableKind::Mbr:
      result["table"] = "mbr";
      result["uuid"] = fmt::format("{:08x}", disk.mbr_identifier);
      break;
    case image::TableKind::None:
      result["table"] = "none";
      break;
  }
  return result;
}

}  // namespace keelson::inspect
