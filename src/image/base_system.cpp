#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "formats/gpt/types.h"
#include "image/base_disk.h"
#include "image/lookup.h"
#include "image/mount_table.h"

namespace keelson::image {

namespace {

bool is_folder(const FileSystem& files, std::string_view name) {
  const auto id = find_path(files, name);
  return id && files.node(*id).type == NodeType::Folder;
}

// A root has /etc with an os-release, which may be a symlink into a /usr of another partition.
bool is_root(const FileSystem& files) {
  return is_folder(files, "etc") && find_path(files, "etc/os-release", false).has_value();
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// "2" of /dev/sda2, /dev/nvme0n1p2: the disk's name on the machine it ran on tells us nothing more.
std::optional<std::uint32_t> partition_number(std::string_view device) {
  if (!device.starts_with("/dev/") || device.starts_with("/dev/disk/") || device.starts_with("/dev/mapper/"))
    return std::nullopt;
  const auto digits = device.find_last_not_of("0123456789") + 1;
  if (digits == 0 || digits >= device.size() || device.size() - digits > 3) return std::nullopt;
  return static_cast<std::uint32_t>(std::stoul(std::string(device.substr(digits))));
}

class SystemFinder {
 public:
  explicit SystemFinder(const BaseDisk& disk) : disk_(disk) {}

  BaseSystem find() {
    const std::size_t root = root_partition();
    check_clean(root);
    add("/", root, "");
    const auto table = find_text(*disk_.partitions[root].files, "etc/fstab");
    for (const auto& line : parse_mount_table(table.value_or(""))) add_line(line);
    add_esp_by_type();
    std::sort(system_.mounts.begin(), system_.mounts.end(),
              [](const auto& a, const auto& b) { return a.mount_point < b.mount_point; });
    return std::move(system_);
  }

 private:
  std::size_t root_partition() const {
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < disk_.partitions.size(); ++i) {
      if (disk_.partitions[i].files && is_root(*disk_.partitions[i].files)) roots.push_back(i);
    }
    if (roots.size() == 1) return roots.front();
    if (roots.size() > 1) {
      std::vector<std::uint32_t> numbers;
      for (const auto i : roots) numbers.push_back(disk_.partitions[i].number());
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot find the OS of '{}': partitions {} all hold one", disk_.file.native(),
                              fmt::join(numbers, " and ")),
                  "an image with one OS is needed");
    }
    throw no_root();
  }

  Error no_root() const {
    std::vector<std::string> found;
    std::string hint = "an image with an installed OS is needed";
    for (const auto& partition : disk_.partitions) {
      found.push_back(
          fmt::format("{}: {}", partition.number(), partition.content.empty() ? "unknown" : partition.content));
      if (partition.content == "crypto_LUKS") hint = "the image is encrypted: decrypt it first";
      if (partition.content == "LVM2_member") hint = "logical volumes are not read: use an image with plain partitions";
    }
    return {ErrorKind::BadInput,
            fmt::format("cannot find the OS of '{}': no partition holds a root file system ({})", disk_.file.native(),
                        found.empty() ? "there are no partitions" : fmt::format("{}", fmt::join(found, ", "))),
            hint};
  }

  void check_clean(std::size_t index) const {
    const auto& partition = disk_.partitions[index];
    if (!partition.files->identity().dirty) return;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read partition {} of '{}': its {} was not cleanly unmounted", partition.number(),
                            disk_.file.native(), partition.content),
                "boot the image once and shut it down, or check the file system with fsck");
  }

  void add(std::string mount_point, std::size_t partition, std::string options, bool by_type = false) {
    used_.insert(partition);
    system_.mounts.push_back({std::move(mount_point), partition, std::move(options), by_type});
  }

  void add_line(const MountLine& line) {
    if (!line.mount_point.starts_with('/') || line.mount_point == "/" || system_.find(line.mount_point)) return;
    const auto index = partition_of(line.source);
    if (!index || !disk_.partitions[*index].files) return;
    if (used_.contains(*index)) return;  // a second subvolume or a bind mount of what is there
    check_clean(*index);
    add(line.mount_point, *index, line.options);
  }

  // systemd mounts it by its type: systemd-gpt-auto-generator(8).
  void add_esp_by_type() {
    for (std::size_t i = 0; i < disk_.partitions.size(); ++i) {
      const auto type = gpt::find_type_name(disk_.partitions[i].entry.type);
      if (used_.contains(i) || !type || type->name != "esp" || !disk_.partitions[i].files) continue;
      const FileSystem& root = *disk_.partitions[system_.mounts.front().partition].files;
      for (const std::string_view place : {"/boot/efi", "/efi", "/boot"}) {
        if (system_.find(place) || !is_folder(root, place)) continue;
        return add(std::string(place), i, "", true);
      }
    }
  }

  std::optional<std::size_t> partition_of(std::string_view source) const {
    for (std::size_t i = 0; i < disk_.partitions.size(); ++i) {
      if (names(disk_.partitions[i], source)) return i;
    }
    return std::nullopt;
  }

  static bool names(const BasePartition& partition, std::string_view source) {
    const auto after = [&](std::string_view tag, std::string_view folder) -> std::optional<std::string_view> {
      if (source.starts_with(tag)) return source.substr(tag.size());
      if (source.starts_with(folder)) return source.substr(folder.size());
      return std::nullopt;
    };
    if (const auto uuid = after("UUID=", "/dev/disk/by-uuid/"))
      return partition.files && lower(*uuid) == lower(partition.files->identity().uuid);
    if (const auto uuid = after("PARTUUID=", "/dev/disk/by-partuuid/"))
      return lower(*uuid) == partition.entry.uuid.text();
    if (const auto label = after("LABEL=", "/dev/disk/by-label/"))
      return partition.files && *label == partition.files->identity().label;
    if (const auto label = after("PARTLABEL=", "/dev/disk/by-partlabel/")) return *label == partition.entry.label;
    return partition_number(source) == partition.number();
  }

  const BaseDisk& disk_;
  BaseSystem system_;
  std::set<std::size_t> used_;
};

}  // namespace

const BaseMount* BaseSystem::find(std::string_view mount_point) const {
  const auto found = std::find_if(mounts.begin(), mounts.end(),
                                  [&](const BaseMount& mount) { return mount.mount_point == mount_point; });
  return found == mounts.end() ? nullptr : &*found;
}

BaseSystem find_system(const BaseDisk& disk) { return SystemFinder(disk).find(); }

}  // namespace keelson::image
