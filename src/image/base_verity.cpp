#include "image/base_verity.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "formats/gpt/types.h"
#include "formats/uki/pe.h"
#include "formats/verity/tree.h"
#include "image/device_names.h"
#include "image/lookup.h"
#include "sys/parallel.h"

namespace keelson::image {

namespace {

constexpr ByteCount kLargestKernel = mebibytes(512);
constexpr ByteCount kLargestMenu = mebibytes(4);

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// A FAT's names, however they are spelled.
std::optional<NodeId> find_folder(const FileSystem& files, std::initializer_list<std::string_view> names) {
  NodeId at = files.root();
  for (const auto name : names) {
    if (files.node(at).type != NodeType::Folder) return std::nullopt;
    const auto entries = files.list(at);
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return lower(entry.name) == name; });
    if (found == entries.end()) return std::nullopt;
    at = found->id;
  }
  return files.node(at).type == NodeType::Folder ? std::optional(at) : std::nullopt;
}

std::string read_whole(const FileSystem& files, NodeId id, ByteCount limit) {
  const Node node = files.node(id);
  if (node.type != NodeType::File || node.size > limit) return "";
  std::string text(static_cast<std::size_t>(node.size.value), '\0');
  files.read(id, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

/// Collects the command lines that may start the system.
class CommandLines {
 public:
  void add_from(const FileSystem& files) {
    for_each(files, {"efi", "linux"}, ".efi", [&](NodeId id, const std::string& name) {
      const std::string image = read_whole(files, id, kLargestKernel);
      if (!uki::looks_like_program(as_bytes(image))) return;
      try {
        const auto pe = uki::parse_pe(as_bytes(image), name);
        if (const auto section = uki::find_section(as_bytes(image), pe, ".cmdline"))
          lines.emplace_back(as_text(*section).substr(0, as_text(*section).find('\0')));
      } catch (const Error&) {  // firmware takes stranger ones than we read: whoever changes it will say so
      }
    });
    for (const auto& folder :
         {std::initializer_list<std::string_view>{"loader", "entries"}, {"boot", "loader", "entries"}})
      for_each(files, folder, ".conf",
               [&](NodeId id, const std::string&) { add_menu(read_whole(files, id, kLargestMenu)); });
    for (const char* menu : {"boot/grub/grub.cfg", "grub/grub.cfg", "boot/grub2/grub.cfg", "grub2/grub.cfg"}) {
      if (const auto id = find_path(files, menu)) add_menu(read_whole(files, *id, kLargestMenu));
    }
  }

  std::vector<std::string> lines;

 private:
  // Of GRUB's menus and the entries of systemd-boot, a line has one kernel's arguments.
  void add_menu(const std::string& text) {
    for (const auto line : split(text, '\n')) lines.emplace_back(line);
  }

  template <typename Take>
  static void for_each(const FileSystem& files, std::initializer_list<std::string_view> folder, std::string_view suffix,
                       Take&& take) {
    const auto id = find_folder(files, folder);
    if (!id) return;
    for (const auto& entry : files.list(*id)) {
      if (lower(entry.name).ends_with(suffix)) take(entry.id, entry.name);
    }
  }
};

std::uint64_t hash_offset_of(const VerityArguments& arguments) {
  const std::string text = verity_option(arguments, "hash-offset").value_or("0");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value % verity::kBlock.value != 0) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use dm-verity device '{}': its hash-offset is '{}'", arguments.name, text));
  }
  return value;
}

// A tree's UUID stands in its superblock.
std::optional<std::size_t> partition_of_tree(const BaseDisk& disk, std::string_view source) {
  constexpr std::string_view kTag = "UUID=";
  if (const auto index = find_partition(disk, source)) return index;
  if (!source.starts_with(kTag)) return std::nullopt;
  for (std::size_t i = 0; i < disk.partitions.size(); ++i) {
    const BlockSource& blocks = *disk.partitions[i].blocks;
    if (disk.partitions[i].files || blocks.size().value < verity::kBlock.value) continue;
    const Bytes first = read_blocks(blocks, 0, verity::kSuperblockSize);
    if (!as_text(first).starts_with("verity")) continue;
    if (verity::parse_superblock(first, "hash tree").uuid.text() == lower(source.substr(kTag.size()))) return i;
  }
  return std::nullopt;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

void add(const BaseDisk& disk, const VerityArguments& arguments, std::vector<BaseVerity>& devices) {
  const auto data = find_partition(disk, arguments.data);
  const auto hash = partition_of_tree(disk, arguments.hash);
  if (!data || !hash) return;
  if (!is_sha256(arguments.root_hash)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use dm-verity device '{}' of '{}': its root hash '{}' is no SHA-256",
                            arguments.name, disk.file.native(), arguments.root_hash));
  }
  const BaseVerity device{.arguments = arguments,
                          .data_partition = *data,
                          .hash_partition = *hash,
                          .hash_offset = hash_offset_of(arguments),
                          .root_hash = parse_sha256(arguments.root_hash)};
  for (const auto& other : devices) {
    if (other.arguments.name != arguments.name) continue;
    const bool is_same = other.data_partition == device.data_partition;
    if (is_same && other.root_hash == device.root_hash) return;
    if (!is_same && device.arguments.name == "root") continue;  // another system; the root that is found tells which
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use '{}': its boot files open dm-verity device '{}' with root hashes {} and {}",
                            disk.file.native(), arguments.name, other.arguments.root_hash.substr(0, 12),
                            arguments.root_hash.substr(0, 12)),
                "an image whose kernels all start the same system is needed");
  }
  devices.push_back(device);
}

}  // namespace

std::vector<BaseVerity> find_verity(const BaseDisk& disk) {
  CommandLines found;
  for (const auto& partition : disk.partitions) {
    if (partition.files) found.add_from(*partition.files);
  }
  std::vector<BaseVerity> devices;
  for (const auto& line : found.lines) {
    for (const auto& arguments : verity_arguments(line)) add(disk, arguments, devices);
  }
  return devices;
}

VerityPlace require_verity_place(const BaseDisk& disk, const BaseVerity& device) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use dm-verity device '{}' of '{}': {}", device.arguments.name,
                                                 disk.file.native(), why));
  };
  const auto& data = disk.partitions[device.data_partition].range;
  const auto& hash = disk.partitions[device.hash_partition].range;
  if (device.hash_offset >= hash.length || hash.length - device.hash_offset < verity::kBlock.value)
    refuse("its hash tree would lie behind its partition");
  const Bytes first = read_blocks(*disk.blocks, hash.offset + device.hash_offset, verity::kSuperblockSize);
  VerityPlace place{.superblock = verity::parse_superblock(first, device.arguments.name), .data = {}, .tree = {}};
  const bool is_inline = device.data_partition == device.hash_partition;
  const std::uint64_t room = is_inline ? device.hash_offset : data.length;
  if (place.superblock.data_blocks > room / verity::kBlock.value) refuse("it has more data than its partition");
  place.data = {data.offset, place.superblock.data_blocks * verity::kBlock.value};
  place.tree = {hash.offset + device.hash_offset, verity::tree_size({place.data.length}).value};
  if (place.tree.length > hash.length - device.hash_offset) refuse("its hash tree is larger than its partition");
  return place;
}

void check_verity(const BaseDisk& disk, const BaseVerity& device) {
  const VerityPlace place = require_verity_place(disk, device);
  const auto damage = verity::find_damage(
      BlockSlice(*disk.blocks, place.data), BlockSlice(*disk.blocks, place.tree), place.superblock, device.root_hash,
      [](std::size_t count, const auto& body) { parallel_for(count, hardware_threads(), body); });
  if (!damage) return;
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot use dm-verity device '{}' of '{}': {}", device.arguments.name, disk.file.native(), *damage),
      "the image was changed after its hash tree was made, and would not start");
}

}  // namespace keelson::image
