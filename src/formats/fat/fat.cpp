#include "formats/fat/fat.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "formats/fat/folder.h"
#include "formats/fat/volume.h"

namespace keelson::fat {

namespace {

constexpr NodeId kRoot = 0;
constexpr std::uint64_t kLargestFolder = 65536 * kEntrySize;  // the specification's bound

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return fold(x) == fold(y); });
}

std::string name_of(NodeId id) { return id == kRoot ? "root folder" : fmt::format("entry at byte {}", id); }

class Fat final : public FileSystem {
 public:
  explicit Fat(const BlockSource& disk) : volume_(disk) {
    const Geometry& g = volume_.geometry();
    if (g.width == Width::Fat32) folder_clusters_.emplace(g.root_cluster, kRoot);
    identity_ = {.type = "vfat",
                 .label = parse_names(content(folder_runs(kRoot))).label,
                 .size = {g.size},
                 .block_size = g.cluster_size,
                 .dirty = volume_.is_dirty()};
    if (g.serial) identity_.uuid = fmt::format("{:04X}-{:04X}", *g.serial >> 16, *g.serial & 0xffff);
  }

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return kRoot; }

  Node node(NodeId id) const override {
    if (id == kRoot) return {.id = kRoot, .type = NodeType::Folder, .mode = 0755};
    const Entry entry = read_entry(id);
    const std::uint32_t mode = entry.is_folder ? 0755 : 0644;
    return {.id = id,
            .type = entry.is_folder ? NodeType::Folder : NodeType::File,
            .mode = entry.is_read_only ? mode & ~0222u : mode,
            .size = {entry.is_folder ? 0 : entry.size},
            .modified = entry.modified};
  }

  std::vector<FolderEntry> list(NodeId id) const override {
    std::vector<FolderEntry> entries;
    for (const auto& [name, entry] : read_folder(id)) entries.push_back({name, entry});
    return entries;
  }

  std::optional<NodeId> find(NodeId id, std::string_view name) const override {
    std::optional<NodeId> other_case;
    for (const auto& [entry, where] : read_folder(id)) {
      if (entry == name) return where;
      if (same_but_for_case(entry, name)) other_case = where;
    }
    return other_case;
  }

  std::string link_target(NodeId id) const override { refuse(name_of(id), "it is no symbolic link"); }
  std::map<std::string, std::string> xattrs(NodeId) const override { return {}; }

  void read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const override;

  std::optional<BlockRange> next_data(NodeId id, std::uint64_t offset) const override {
    const Entry file = require_file(id);
    if (offset >= file.size) return std::nullopt;
    return BlockRange{offset, file.size - offset};
  }

 private:
  Entry read_entry(NodeId id) const;
  Entry require_file(NodeId id) const;
  Runs folder_runs(NodeId id) const;
  Bytes content(const Runs& runs) const;
  std::map<std::string, NodeId> read_folder(NodeId id) const;
  void claim(std::uint32_t cluster, NodeId id) const;

  Volume volume_;
  FileSystemIdentity identity_;
  /// The entry through which each folder was found. A folder that is found through a second one would make the tree
  /// endless, or at least another one than it seems.
  mutable std::unordered_map<std::uint32_t, NodeId> folder_clusters_;
  mutable NodeId runs_of_ = kRoot;  ///< whose clusters `runs_` are: content is read in pieces
  mutable Runs runs_;
};

Entry Fat::read_entry(NodeId id) const {
  if (id % kEntrySize != 0 || id == kRoot || id >= volume_.geometry().size)
    refuse(name_of(id), "no entry stands there");
  return parse_entry(volume_.cache().read(id, kEntrySize));
}

Entry Fat::require_file(NodeId id) const {
  if (id == kRoot) refuse(name_of(id), "it is no regular file");
  Entry entry = read_entry(id);
  if (entry.is_folder) refuse(name_of(id), "it is no regular file");
  return entry;
}

Runs Fat::folder_runs(NodeId id) const {
  const Geometry& g = volume_.geometry();
  if (id == kRoot && g.width != Width::Fat32) return {{g.root_offset, g.root_size}};
  std::uint32_t cluster = g.root_cluster;
  if (id != kRoot) {
    const Entry entry = read_entry(id);
    if (!entry.is_folder) refuse(name_of(id), "it is no folder");
    cluster = entry.cluster;
  }
  return volume_.chain(cluster, kLargestFolder, name_of(id));
}

Bytes Fat::content(const Runs& runs) const {
  Bytes bytes;
  for (const BlockRange& run : runs) {
    const std::size_t at = bytes.size();
    bytes.resize(at + run.length);
    volume_.cache().read(run.offset, std::span(bytes).subspan(at));
  }
  return bytes;
}

void Fat::claim(std::uint32_t cluster, NodeId id) const {
  const auto [claimed, first] = folder_clusters_.emplace(cluster, id);
  if (!first && claimed->second != id) {
    refuse(name_of(id), fmt::format("its folder is found in more than one place (cluster {})", cluster));
  }
}

std::map<std::string, NodeId> Fat::read_folder(NodeId id) const {
  const Runs runs = folder_runs(id);
  std::map<std::string, NodeId> entries;
  for (const Name& name : parse_names(content(runs)).names) {
    std::uint64_t at = name.at;
    auto run = runs.begin();
    for (; at >= run->length; ++run) at -= run->length;
    const NodeId where = run->offset + at;
    if (name.entry.is_folder) claim(name.entry.cluster, where);
    if (!entries.emplace(name.name, where).second) {
      refuse(name_of(id), fmt::format("the folder has the name '{}' twice", name.name));
    }
  }
  return entries;
}

void Fat::read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const {
  const Entry file = require_file(id);
  if (offset > file.size || to.size() > file.size - offset) {
    refuse(name_of(id), fmt::format("{} bytes at {} lie past its end", to.size(), offset));
  }
  if (to.empty()) return;
  if (runs_of_ != id) {
    runs_ = volume_.chain(file.cluster, file.size, name_of(id));
    runs_of_ = id;
  }
  for (const BlockRange& run : runs_) {
    if (offset >= run.length) {
      offset -= run.length;
      continue;
    }
    const std::size_t count = std::min<std::uint64_t>(to.size(), run.length - offset);
    volume_.cache().source().read(run.offset + offset, to.first(count));
    to = to.subspan(count);
    offset = 0;
    if (to.empty()) return;
  }
  refuse(name_of(id), "its chain of clusters ends before its content does");
}

}  // namespace

bool looks_like_fat(const BlockSource& disk) {
  return disk.size().value >= 512 && find_geometry(read_blocks(disk, 0, 512)).has_value();
}

std::unique_ptr<FileSystem> open_fat(const BlockSource& disk) { return std::make_unique<Fat>(disk); }

}  // namespace keelson::fat
