#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "formats/btrfs/btrfs.h"
#include "formats/gpt/types.h"
#include "image/base_disk.h"
#include "image/base_verity.h"
#include "image/device_names.h"
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

// The value of an option of fstab(5): "@home" of "noatime,subvol=/@home".
std::optional<std::string> option_value(std::string_view options, std::string_view name) {
  for (const auto option : split(options, ',')) {
    if (option.starts_with(name) && option.size() > name.size() && option[name.size()] == '=')
      return std::string(option.substr(name.size() + 1));
  }
  return std::nullopt;
}

std::string without_slashes(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text.substr(std::min(text.find_first_not_of('/'), text.size()));
}

std::string in_brackets(std::string_view text) { return text.empty() ? "" : fmt::format(" ({})", text); }

constexpr std::size_t kMostSubvolumes = 256;  // that are looked into for an OS
constexpr std::uint64_t kTopLevel = 5;

class SystemFinder {
 public:
  explicit SystemFinder(const BaseDisk& disk) : disk_(disk) {}

  BaseSystem find() {
    BaseMount root = root_mount();
    check_clean(root.partition);
    system_.verity = find_verity(disk_);
    drop_other_roots(root);
    const auto table = find_text(files_of(disk_, root), "etc/fstab");
    add(std::move(root));
    for (const auto& line : parse_mount_table(table.value_or(""))) {
      add_line(line);
      if (is_verity(line)) require_device(line);
    }
    add_usr_by_arguments();
    add_esp_by_type();
    std::sort(system_.mounts.begin(), system_.mounts.end(),
              [](const auto& a, const auto& b) { return a.mount_point < b.mount_point; });
    return std::move(system_);
  }

 private:
  BaseMount root_mount() const {
    std::vector<BaseMount> roots;
    for (std::size_t i = 0; i < disk_.partitions.size(); ++i) {
      if (!disk_.partitions[i].files) continue;
      if (disk_.partitions[i].content == "btrfs") {
        add_btrfs_roots(i, roots);
      } else if (is_root(*disk_.partitions[i].files)) {
        roots.push_back({.mount_point = "/", .partition = i, .options = {}});
      }
    }
    if (roots.size() == 1) return roots.front();
    if (roots.empty()) throw no_root();
    std::vector<std::string> names;
    for (const auto& root : roots) {
      names.push_back(fmt::format("{}{}", disk_.partitions[root.partition].number(),
                                  root.subvolume.empty() ? "" : fmt::format(" (subvolume {})", root.subvolume)));
    }
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot find the OS of '{}': partitions {} all hold one", disk_.file.native(),
                            fmt::join(names, " and ")),
                "an image with one OS is needed");
  }

  // Snapshots of a root look like it: the one that its own fstab mounts is the OS.
  void add_btrfs_roots(std::size_t index, std::vector<BaseMount>& roots) const {
    const auto& partition = disk_.partitions[index];
    const auto subvolumes = btrfs::list_subvolumes(*partition.blocks);
    std::vector<BaseMount> found;
    const auto look = [&](std::uint64_t id, const std::string& path) {
      std::shared_ptr<const FileSystem> view = btrfs::open_btrfs(*partition.blocks, {.subvolume_id = id});
      if (is_root(*view))
        found.push_back({.mount_point = "/", .partition = index, .options = {}, .subvolume = path, .view = view});
    };
    look(kTopLevel, "");
    for (std::size_t i = 0; i < std::min(subvolumes.size(), kMostSubvolumes); ++i)
      look(subvolumes[i].id, without_slashes(subvolumes[i].path));
    if (found.size() > 1) {
      const auto mounts_itself = [](const BaseMount& root) {
        const auto table = find_text(*root.view, "etc/fstab");
        for (const auto& line : parse_mount_table(table.value_or(""))) {
          if (line.mount_point == "/")
            return without_slashes(option_value(line.options, "subvol").value_or("")) == root.subvolume;
        }
        return false;
      };
      std::vector<BaseMount> named;
      std::copy_if(found.begin(), found.end(), std::back_inserter(named), mounts_itself);
      if (!named.empty()) found = std::move(named);
    }
    std::move(found.begin(), found.end(), std::back_inserter(roots));
  }

  Error no_root() const {
    std::vector<std::string> found;
    std::string hint = "an image with an installed OS is needed";
    for (const auto& partition : disk_.partitions) {
      found.push_back(
          fmt::format("{}: {}", partition.number(), partition.content.empty() ? "unknown" : partition.content));
      if (partition.content == "crypto_LUKS") hint = "the image is encrypted: decrypt it first";
      if (partition.content == "erofs" || partition.content == "squashfs")
        hint = fmt::format("{} can't be changed: build the image anew from its recipe", partition.content);
      if (partition.content == "LVM2_member") hint = "logical volumes are not read: use an image with plain partitions";
    }
    return {ErrorKind::BadInput,
            fmt::format("cannot find the OS of '{}': no partition holds a root file system ({})", disk_.file.native(),
                        found.empty() ? "there are no partitions" : fmt::format("{}", fmt::join(found, ", "))),
            hint};
  }

  void check_clean(std::size_t index) const {
    const auto& partition = disk_.partitions[index];
    const auto& identity = partition.files->identity();
    if (!identity.dirty) return;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read partition {} of '{}': its {} was not cleanly unmounted{}", partition.number(),
                            disk_.file.native(), partition.content, in_brackets(identity.why_dirty)),
                "boot the image once and shut it down, or check the file system with fsck");
  }

  void add(BaseMount mount) {
    used_.insert({mount.partition, mount.subvolume});
    system_.mounts.push_back(std::move(mount));
  }

  bool is_used(std::size_t partition) const {
    return std::any_of(used_.begin(), used_.end(), [&](const auto& place) { return place.first == partition; });
  }

  // systemd-veritysetup-generator(8) gives its devices these names. The root is found as a plain partition: what is
  // mapped there is neither encrypted nor a logical volume.
  static bool is_verity(const MountLine& line) {
    return (line.mount_point == "/" && line.source == "/dev/mapper/root") ||
           (line.mount_point == "/usr" && line.source == "/dev/mapper/usr");
  }

  // Boot files may name another root than the one that was found, such as a recovery system's.
  void drop_other_roots(const BaseMount& root) {
    std::erase_if(system_.verity, [&](const auto& device) {
      return device.arguments.name == "root" && device.data_partition != root.partition;
    });
  }

  void require_device(const MountLine& line) const {
    if (system_.find_verity(line.mount_point) && system_.find(line.mount_point)) return;
    const auto* device = system_.find_verity(line.mount_point);
    const std::string where = device ? fmt::format("it lies on {}, which this version does not read",
                                                   in_words(disk_.partitions[device->data_partition].content))
                                     : "no boot file says with which root hash it is opened";
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}' of '{}', which is under dm-verity: {}", line.mount_point,
                            disk_.file.native(), where),
                "build the image anew from its recipe");
  }

  static std::string in_words(const std::string& content) { return content.empty() ? "something unknown" : content; }

  // mount.usr= works without a line in fstab.
  void add_usr_by_arguments() {
    const auto* device = system_.find_verity("/usr");
    if (device != nullptr && !system_.find("/usr"))
      add_line({.source = "/dev/mapper/usr", .mount_point = "/usr", .type = "auto", .options = "ro"});
  }

  std::optional<std::size_t> partition_of(const MountLine& line) const {
    const auto* device = is_verity(line) ? system_.find_verity(line.mount_point) : nullptr;
    return device ? std::optional(device->data_partition) : find_partition(disk_, line.source);
  }

  void add_line(const MountLine& line) {
    if (!line.mount_point.starts_with('/') || line.mount_point == "/" || system_.find(line.mount_point)) return;
    const auto index = partition_of(line);
    if (!index || !disk_.partitions[*index].files) return;
    BaseMount mount{.mount_point = line.mount_point, .partition = *index, .options = line.options};
    if (disk_.partitions[*index].content == "btrfs") open_subvolume(mount);
    if (used_.contains({mount.partition, mount.subvolume})) return;  // a bind mount of what is there
    check_clean(*index);
    add(std::move(mount));
  }

  void open_subvolume(BaseMount& mount) const {
    const BlockSource& blocks = *disk_.partitions[mount.partition].blocks;
    btrfs::OpenOptions options;
    if (const auto path = option_value(mount.options, "subvol")) {
      mount.subvolume = without_slashes(*path);
      options.subvolume_path = mount.subvolume.empty() ? "/" : mount.subvolume;
    } else if (const auto id = option_value(mount.options, "subvolid")) {
      for (const auto& subvolume : btrfs::list_subvolumes(blocks)) {
        if (std::to_string(subvolume.id) == *id)
          options.subvolume_path = mount.subvolume = without_slashes(subvolume.path);
      }
    }
    mount.view = btrfs::open_btrfs(blocks, options);
  }

  // systemd mounts it by its type: systemd-gpt-auto-generator(8).
  void add_esp_by_type() {
    for (std::size_t i = 0; i < disk_.partitions.size(); ++i) {
      const auto type = gpt::find_type_name(disk_.partitions[i].entry.type);
      if (is_used(i) || !type || type->name != "esp" || !disk_.partitions[i].files) continue;
      const FileSystem& root = files_of(disk_, system_.mounts.front());
      for (const std::string_view place : {"/boot/efi", "/efi", "/boot"}) {
        if (system_.find(place) || !is_folder(root, place)) continue;
        return add({.mount_point = std::string(place), .partition = i, .options = {}, .by_type = true});
      }
    }
  }

  const BaseDisk& disk_;
  BaseSystem system_;
  std::set<std::pair<std::size_t, std::string>> used_;  // partition and subvolume
};

}  // namespace

const FileSystem& files_of(const BaseDisk& disk, const BaseMount& mount) {
  return mount.view ? *mount.view : *disk.partitions[mount.partition].files;
}

const BaseMount* BaseSystem::find(std::string_view mount_point) const {
  const auto found = std::find_if(mounts.begin(), mounts.end(),
                                  [&](const BaseMount& mount) { return mount.mount_point == mount_point; });
  return found == mounts.end() ? nullptr : &*found;
}

const BaseVerity* BaseSystem::find_verity(std::string_view mount_point) const {
  const std::string_view name = mount_point == "/" ? "root" : mount_point == "/usr" ? "usr" : "";
  const auto found =
      std::find_if(verity.begin(), verity.end(), [&](const auto& device) { return device.arguments.name == name; });
  return found == verity.end() ? nullptr : &*found;
}

BaseSystem find_system(const BaseDisk& disk) { return SystemFinder(disk).find(); }

}  // namespace keelson::image
