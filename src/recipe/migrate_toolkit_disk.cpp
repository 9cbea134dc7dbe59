// The toolkit's disks, partitions and mounts.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "recipe/migrate_forms.h"
#include "recipe/migrate_toolkit.h"

namespace keelson::recipe {

namespace {

/// The toolkit's names of partition types. UUIDs: the Discoverable Partitions Specification.
const std::map<std::string, std::string, std::less<>>& partition_types() {
  static const std::map<std::string, std::string, std::less<>> types{
      {"linux", "linux-generic"},
      {"esp", "esp"},
      {"xbootldr", "xbootldr"},
      {"linux-root-amd64", "root"},
      {"linux-swap", "swap"},
      {"linux-home", "home"},
      {"linux-srv", "srv"},
      {"linux-var", "var"},
      {"linux-tmp", "tmp"},
      {"linux-lvm", "e6d6d379-f507-44c2-a23c-238f2a3df928"},
      {"linux-raid", "a19d880f-05fc-4d3b-a006-743f0f84911e"},
      {"linux-luks", "ca7d7ccb-63ed-4c53-861c-1742536059cc"},
      {"linux-dm-crypt", "7ffec5c9-2d00-49b7-8941-3ea10a5586b7"}};
  return types;
}

/// A partition that has been read, and what its file system is to be.
struct ReadPartition {
  std::string id;
  Mark mark;
  std::string fs_type;  ///< "": none
};

std::string type_from_flags(OldMap& partition) {
  const Node* flags = partition.take("Flags");
  if (flags == nullptr) return {};
  std::string type;
  for (const auto& flag : flags->items) {
    if (flag.text == "esp") type = "esp";
    if (flag.text == "grub" || flag.text == "bios_grub" || flag.text == "bios-grub") type = "bios-grub";
  }
  partition.notes().changed(partition.mark_of("Flags"), partition.path_of("Flags"),
                            type.empty() ? "no type" : "type: " + type, "a partition has a type instead of flags");
  return type;
}

std::string partition_type(OldMap& partition) {
  std::string type = type_from_flags(partition);
  const std::string named = partition.text("Type");
  const std::string uuid = partition.text("TypeUUID");
  if (const auto known = partition_types().find(named); known != partition_types().end()) type = known->second;
  if (type.empty() && !uuid.empty()) type = uuid;
  if (!named.empty() && !partition_types().contains(named)) {
    partition.notes().needs_hand(partition.mark_of("Type"), fmt::format("{}: {}", partition.path_of("Type"), named),
                                 "the toolkit knew no such type: say one of today's, or a UUID");
  }
  return type;
}

/// What the file system is called today; "" when there is to be none.
std::string filesystem_type(OldMap& partition, std::string& type) {
  const std::string old = partition.text("FsType");
  const Mark mark = partition.mark_of("FsType");
  const std::string was = fmt::format("{}: {}", partition.path_of("FsType"), old);
  if (type == "bios-grub") {
    if (!old.empty()) partition.notes().changed(mark, was, "no file system", "GRUB's own partition has none");
    return {};
  }
  if (old == "linux-swap" || old == "swap") {
    type = "swap";
    partition.notes().dropped(mark, was, "the partition's type is 'swap', but it is neither formatted nor in fstab");
    return {};
  }
  if (old == "fat16") {
    partition.notes().changed(mark, was, "type: vfat", "the kind of FAT follows from its size");
    return "vfat";
  }
  if (old == "ext2" || old == "ext3") {
    partition.notes().needs_hand(mark, was, "there is no such file system today: 'ext4' stands in its place");
    return "ext4";
  }
  if (!old.empty()) partition.notes().changed(mark, was, "storage.filesystems, type: " + old, "it has a section");
  return old;
}

std::uint64_t number_of(const Node* node) {
  if (node == nullptr || node->text.empty() || node->text.size() > 12) return 0;
  const bool digits = std::all_of(node->text.begin(), node->text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::stoull(node->text) : 0;
}

Node mebibytes_node(std::uint64_t count, Mark mark) { return text_node(fmt::format("{}M", count), mark, true); }

/// @param next the start of the partition after it; 0: there is none
ReadPartition read_partition(const Node& node, const std::string& path, std::uint64_t next, Node& list, Notes& notes) {
  OldMap old(&node, path, notes);
  Node result = map_node(node.mark);
  const std::string id = old.text("ID");
  add_entry(result, "id", text_node(id, old.mark_of("ID")));
  old.carry("Name", result, "label", "partition");
  std::string type = partition_type(old);
  const std::string fs_type = filesystem_type(old, type);
  if (!type.empty()) add_entry(result, "type", text_node(type, node.mark));
  const std::uint64_t start = number_of(old.take("Start"));
  const std::uint64_t end = number_of(old.take("End"));
  add_entry(result, "start", mebibytes_node(start, old.mark_of("Start")));
  const std::uint64_t until = end != 0 ? end : next;
  const std::string is = until == 0 ? "size: grow" : fmt::format("end: {}M", until);
  if (until == 0) {
    add_entry(result, "size", text_node("grow", old.mark_of("End")));
  } else {
    add_entry(result, "end", mebibytes_node(until, old.mark_of("End")));
  }
  notes.changed(node.mark, fmt::format("{}: {} to {}", path, start, end), fmt::format("start: {}M, {}", start, is),
                "sizes say their unit");
  old.drop("Artifacts", "a file of a partition alone is not among the outputs");
  old.drop("Grow", "only the last partition grows, and says size: grow");
  old.finish();
  list.items.push_back(std::move(result));
  return {.id = id, .mark = node.mark, .fs_type = fs_type};
}

std::vector<ReadPartition> read_partitions(OldMap& disk, Node& list, Notes& notes) {
  std::vector<ReadPartition> result;
  const Node* partitions = disk.take("Partitions");
  if (partitions == nullptr) return result;
  for (std::size_t i = 0; i < partitions->items.size(); ++i) {
    const Node* next = i + 1 < partitions->items.size() ? partitions->items[i + 1].find("Start") : nullptr;
    result.push_back(read_partition(partitions->items[i], fmt::format("{}[{}]", disk.path_of("Partitions"), i),
                                    number_of(next), list, notes));
  }
  return result;
}

Node read_mount(OldMap& setting) {
  Node mount = map_node(setting.mark_of("MountPoint"));
  const std::string path = setting.text("MountPoint");
  const std::string options = setting.text("MountOptions");
  const std::string identifier = setting.text("MountIdentifier");
  setting.drop("RemoveDocs", "remove them with a script of scripts.postCustomization");
  setting.drop("OverlayBaseImage", "differences between images are not among the outputs");
  setting.drop("RdiffBaseImage", "differences between images are not among the outputs");
  setting.finish();
  if (path.empty()) return {};
  add_entry(mount, "path", text_node(path, mount.mark));
  if (!options.empty()) add_entry(mount, "options", text_node(options, setting.mark_of("MountOptions")));
  if (!identifier.empty())
    add_entry(mount, "idType", text_node(plain_word(identifier), setting.mark_of("MountIdentifier")));
  setting.notes().changed(mount.mark, setting.path(), "storage.filesystems, mountPoint", "it has a section");
  return mount;
}

Node read_filesystems(const std::vector<ReadPartition>& partitions, OldMap& system, Notes& notes) {
  std::map<std::string, Node, std::less<>> mounts;
  const Node* settings = system.take("PartitionSettings");
  for (std::size_t i = 0; settings != nullptr && i < settings->items.size(); ++i) {
    OldMap setting(&settings->items[i], fmt::format("{}[{}]", system.path_of("PartitionSettings"), i), notes);
    const std::string id = setting.text("ID");
    const bool known =
        std::any_of(partitions.begin(), partitions.end(), [&](const ReadPartition& p) { return p.id == id; });
    if (!known) notes.dropped(settings->items[i].mark, setting.path(), "no partition of the disk has this ID");
    mounts[id] = read_mount(setting);
  }
  Node list = list_node({});
  for (const auto& partition : partitions) {
    if (partition.fs_type.empty()) continue;
    Node filesystem = map_node(partition.mark);
    add_entry(filesystem, "deviceId", text_node(partition.id, partition.mark));
    add_entry(filesystem, "type", text_node(partition.fs_type, partition.mark));
    add_entry(filesystem, "mountPoint", std::move(mounts[partition.id]));
    list.items.push_back(std::move(filesystem));
  }
  return list;
}

/// The first artefact that is a disk image becomes the output.
void read_artifacts(OldMap& disk, Node& root, Notes& notes) {
  static const std::map<std::string, std::string, std::less<>> kFormats{
      {"raw", "raw"}, {"vhd", "vhd-fixed"}, {"vhdx", "vhdx"}, {"qcow2", "qcow2"}};
  const Node* artifacts = disk.take("Artifacts");
  if (artifacts == nullptr) return;
  for (std::size_t i = 0; i < artifacts->items.size(); ++i) {
    OldMap artifact(&artifacts->items[i], fmt::format("{}[{}]", disk.path_of("Artifacts"), i), notes);
    const std::string name = artifact.text("Name");
    const std::string type = artifact.text("Type");
    artifact.drop("Compression", "the output is not compressed");
    artifact.finish();
    const Mark mark = artifacts->items[i].mark;
    const auto format = kFormats.find(type);
    if (format == kFormats.end()) {
      if (!type.empty()) notes.dropped(mark, fmt::format("{}.Type: {}", artifact.path(), type), "no such output");
      continue;
    }
    if (find_at(root, "output.image.format") != nullptr) {
      notes.dropped(mark, artifact.path(), "a configuration names one output: make others with 'keelson convert'");
      continue;
    }
    const std::string file = fmt::format("{}.{}", name.empty() ? "image" : name, type);
    put_at(root, "output.image.path", text_node(file, mark), mark);
    put_at(root, "output.image.format", text_node(format->second, mark), mark);
    notes.changed(mark, artifact.path(), fmt::format("output.image: {}, {}", file, format->second),
                  type == "vhd" ? "the toolkit's vhd had a fixed size" : "the output has a section");
  }
}

}  // namespace

void read_toolkit_disk(const Node& disk, const std::string& path, OldMap& system, Node& root, Notes& notes) {
  OldMap old(&disk, path, notes);
  Node result = map_node(disk.mark);
  const std::string table = old.text("PartitionTableType");
  add_entry(result, "partitionTableType", text_node("gpt", disk.mark));
  if (!table.empty() && table != "gpt") {
    notes.needs_hand(old.mark_of("PartitionTableType"), fmt::format("{}: {}", old.path_of("PartitionTableType"), table),
                     "a disk has a GPT today: see that its first MiB is free and its boot partition fits");
  }
  const Node* size = old.take("MaxSize");
  if (number_of(size) != 0) {
    add_entry(result, "maxSize", mebibytes_node(number_of(size), size->mark));
    notes.changed(old.mark_of("MaxSize"), fmt::format("{}: {}", old.path_of("MaxSize"), size->text),
                  fmt::format("storage.disks[0].maxSize: {}M", size->text), "sizes say their unit");
  }
  Node list = list_node(disk.mark);
  const auto partitions = read_partitions(old, list, notes);
  add_entry(result, "partitions", std::move(list));
  read_artifacts(old, root, notes);
  old.drop("TargetDisk", "there is no installer");
  old.drop("RawBinaries", "bytes at a place of the disk can't be said");
  old.finish();
  const std::string boot_type = system.text("BootType");
  if (partitions.empty()) {
    notes.dropped(disk.mark, path, "without partitions, the output was an archive of the system's files");
    system.ignore("PartitionSettings");
    return;
  }
  Node storage = map_node(disk.mark);
  if (!boot_type.empty()) {
    add_entry(storage, "bootType", text_node(boot_type, system.mark_of("BootType")));
    notes.changed(system.mark_of("BootType"), system.path_of("BootType"), "storage.bootType", "it is the disk's");
  }
  Node disks = list_node(disk.mark);
  disks.items.push_back(std::move(result));
  add_entry(storage, "disks", std::move(disks));
  add_entry(storage, "filesystems", read_filesystems(partitions, system, notes));
  add_entry(root, "storage", std::move(storage));
  put_at(root, "os.bootloader.resetType", text_node("hard-reset", disk.mark), disk.mark);
}

}  // namespace keelson::recipe
