#include "inspect/disk_facts.h"

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

json partition_facts(const image::BasePartition& partition, Digests digests) {
  json result{{"number", partition.number()},
              {"typeUuid", partition.entry.type.text()},
              {"uuid", partition.entry.uuid.text()},
              {"offset", partition.range.offset},
              {"bytes", partition.range.length}};
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
  for (const auto& partition : disk.partitions) partitions.push_back(partition_facts(partition, digests));
  return {{"format", disk.format},
          {"bytes", disk.blocks->size().value},
          {"table", "gpt"},
          {"uuid", disk.table.header.disk_uuid.text()},
          {"partitions", std::move(partitions)}};
}

}  // namespace keelson::inspect
