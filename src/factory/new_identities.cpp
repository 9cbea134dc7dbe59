#include "factory/new_identities.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "crypto/hash.h"
#include "factory/fstab.h"
#include "formats/gpt/crc32.h"
#include "os/boot_configuration.h"
#include "os/tree.h"

namespace keelson::factory {

namespace {

std::string replace_word(std::string text, std::string_view from, std::string_view to) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  for (auto at = text.begin();;) {
    at = std::search(at, text.end(), from.begin(), from.end(), same);
    if (at == text.end()) return text;
    const auto place = at - text.begin();
    text.replace(static_cast<std::size_t>(place), from.size(), to);
    at = text.begin() + place + static_cast<std::ptrdiff_t>(to.size());
  }
}

void replace_in(const RootDir& root, const std::string& path, const NewIdentities& identities) {
  const auto before = root.find_text(path);
  if (!before) return;
  std::string text = *before;
  for (const auto& [from, to] : identities.replaced) text = replace_word(std::move(text), from, to);
  if (text != *before) os::rewrite_file(root, path, text);
}

}  // namespace

NewIdentities new_identities(const image::BaseDisk& disk, const image::BaseSystem& system, const Sha256& seed) {
  NewIdentities result{.table = disk.table, .filesystems = {}, .replaced = {}};
  result.table.header.disk_uuid = uuid_from_digest(sha256(fmt::format("{} disk", seed.hex())));
  for (auto& entry : result.table.entries) {
    const std::string old = entry.uuid.text();
    entry.uuid = image::partition_uuid(seed, fmt::format("{}", entry.slot + 1));
    result.replaced[old] = entry.uuid.text();
  }
  auto& header = result.table.header;
  header.entries_crc32 = gpt::crc32(gpt::encode_entries(result.table.entries, header.entry_count, header.entry_size));
  for (const auto& mount : system.mounts) {
    const auto& partition = disk.partitions[mount.partition];
    const auto& identity = partition.files->identity();
    const recipe::Filesystem named{.device_id = fmt::format("{}", partition.number()), .type = identity.type};
    const std::string id = filesystem_id(named, seed);
    result.filesystems[mount.partition] = id;
    if (!identity.uuid.empty()) result.replaced[identity.uuid] = id;
  }
  return result;
}

void replace_identities(const NewIdentities& identities, const RootDir& root) {
  replace_in(root, "etc/fstab", identities);
  replace_in(root, "etc/kernel/cmdline", identities);
  for (const auto& path : os::boot_configurations(root)) {
    if (path.ends_with(".conf")) replace_in(root, path, identities);
  }
}

}  // namespace keelson::factory
