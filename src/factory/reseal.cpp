#include "factory/reseal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>
#include <vector>

#include "base/error.h"
#include "factory/esp_tree.h"
#include "factory/fat_files.h"
#include "factory/volume.h"
#include "formats/btrfs/btrfs.h"
#include "formats/verity/tree.h"
#include "image/base_verity.h"
#include "image/esp.h"
#include "image/filesystems/tree.h"
#include "image/mount_table.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/parallel.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

// "1A2B-3C4D" as the number it is.
std::uint32_t fat_serial_of(const std::string& uuid) {
  std::uint32_t serial = 0;
  for (const char c : uuid) {
    if (c != '-')
      serial = serial << 4 |
               static_cast<std::uint32_t>(std::string_view("0123456789abcdef")
                                              .find(static_cast<char>(std::tolower(static_cast<unsigned char>(c)))) &
                                          15);
  }
  return serial;
}

class Resealer {
 public:
  Resealer(const ResealRequest& request, const RootDir& root) : request_(request), root_(root) {}

  std::unique_ptr<ResealedDisk> run(Reporter& reporter) {
    raw_ = open_file(request_.scratch_file, O_RDWR | O_CREAT | O_TRUNC);
    if (::ftruncate(raw_.get(), static_cast<off_t>(request_.size.value)) != 0)
      throw system_error("write", request_.scratch_file.native(), errno);
    for (const auto& range : request_.left_out) revealed_.emplace_back(range.offset, range.end());
    const gpt::Geometry geometry{.size = request_.size};
    if (request_.identities || !gpt::ends_with_disk(request_.disk.table, geometry)) write_table(geometry);
    const auto mounts = changed_mounts(reporter);
    reveal_trees(mounts);
    std::sort(revealed_.begin(), revealed_.end());
    auto disk = std::make_unique<ResealedDisk>(request_.scratch_file);
    std::uint64_t at = 0;
    for (const auto* mount : mounts) {
      const auto& partition = request_.disk.partitions[mount->partition];
      if (mount == esp_) {  // what is written there later shows
        keep(at, partition.range.offset, disk->composed());
        at = partition.range.end();
        continue;
      }
      Step step(reporter, fmt::format("making file system '{}'", mount->mount_point));
      keep(at, partition.range.offset, disk->composed());
      if (partition.content == "btrfs" && !is_one_whole(mount->partition)) {
        write_btrfs(partition, mount->partition);
      } else {
        write(*mount, partition, disk->composed());
      }
      at = partition.range.end();
      step.set_result(fmt::format("{}, {}", partition.content, human_size({partition.range.length})));
    }
    keep(at, request_.disk.blocks->size().value, disk->composed());
    if (request_.verity != nullptr) renew_verity(disk->blocks(), reporter);
    return disk;
  }

 private:
  // In order of their places on the disk; of a partition with several, one.
  std::vector<const image::BaseMount*> changed_mounts(Reporter& reporter) {
    const Step step(reporter, "looking for what changed");
    std::vector<const image::BaseMount*> mounts;
    for (const auto& mount : request_.system.mounts) {
      if (request_.verity != nullptr && &mount == find_esp(request_.disk, request_.system)) {
        mounts.push_back(esp_ = &mount);  // root hashes will change it
        continue;
      }
      auto scan = request_.files.scan_changes(mount.mount_point, request_.epoch);
      if (takes_labels(mount)) scan.changed |= request_.labels->apply_to(scan.tree, mount.mount_point);
      if (!request_.identities && !scan.changed) continue;
      check_may_change(mount);
      mounts.push_back(&mount);
      trees_.emplace(&mount, std::move(scan.tree));
    }
    std::stable_sort(mounts.begin(), mounts.end(),
                     [](const auto* a, const auto* b) { return a->partition < b->partition; });
    const auto end = std::unique(mounts.begin(), mounts.end(),
                                 [](const auto* a, const auto* b) { return a->partition == b->partition; });
    mounts.erase(end, mounts.end());
    return mounts;
  }

  // FAT has no attributes; what the kernel labels there is the whole mount.
  bool takes_labels(const image::BaseMount& mount) const {
    return request_.labels != nullptr && request_.disk.partitions[mount.partition].content != "vfat";
  }

  void check_may_change(const image::BaseMount& mount) const {
    const auto* device = request_.system.find_verity(mount.mount_point);
    if (device == nullptr || request_.verity != nullptr) return;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot change '{}': it is under dm-verity, and its hash tree would no longer fit",
                            mount.mount_point),
                "storage.reinitializeVerity: all makes the tree anew; os.imageHistory: none leaves /usr as it is");
  }

  // Trees are written beside what changed, maybe in partitions of their own.
  void reveal_trees(const std::vector<const image::BaseMount*>& mounts) {
    if (request_.verity == nullptr) return;
    for (const auto& device : request_.verity->devices) {
      auto place = image::require_verity_place(request_.disk, device);
      const bool changes = std::any_of(mounts.begin(), mounts.end(),
                                       [&](const auto* mount) { return mount->partition == device.data_partition; });
      if (changes) revealed_.emplace_back(place.tree.offset, place.tree.end());
      trees_below_.push_back({&device, std::move(place), changes});
    }
  }

  void renew_verity(const BlockSource& disk, Reporter& reporter) {
    std::vector<Sha256> hashes;
    for (const auto& [device, place, changes] : trees_below_) {
      if (!changes) {
        hashes.push_back(device->root_hash);
        continue;
      }
      Step step(reporter, fmt::format("hashing verity device '{}'", device->arguments.name));
      hashes.push_back(verity::write_tree(
          BlockSlice(disk, place.data), place.superblock,
          [&, begin = place.tree.offset](std::uint64_t offset, ByteView block) {
            write_all_at(raw_.get(), block, begin + offset, request_.scratch_file.native());
          },
          [](std::size_t count, const auto& body) { parallel_for(count, hardware_threads(), body); }));
      step.set_result(hashes.back().hex().substr(0, 12));
    }
    request_.verity->finish_boot(hashes);
    if (esp_ == nullptr) return;
    trees_.insert_or_assign(esp_, request_.files.scan_changes(esp_->mount_point, request_.epoch).tree);
    write_fat(*esp_, request_.disk.partitions[esp_->partition]);
  }

  // Where a file system may lie in its partition.
  ByteCount room_of(const image::BaseMount& mount) const {
    for (const auto& [device, place, changes] : trees_below_) {
      if (device->data_partition == mount.partition) return {place.data.length};
    }
    return {request_.disk.partitions[mount.partition].range.length};
  }

  // What the base has from `begin` to `end` stays, except where the scratch file is to show.
  void keep(std::uint64_t begin, std::uint64_t end, ComposedBlocks& disk) const {
    const BlockSource& base = *request_.disk.blocks;
    for (const auto& [gap_begin, gap_end] : revealed_) {
      if (gap_end <= begin || gap_begin >= end) continue;
      if (gap_begin > begin) disk.place(begin, base, {begin, gap_begin - begin});
      begin = gap_end;
    }
    if (begin < end) disk.place(begin, base, {begin, end - begin});
  }

  // Of the first block, a BIOS's code stays, and the signature that the disk has there unless all its identities
  // change.
  void write_table(const gpt::Geometry& geometry) {
    constexpr std::size_t kBootCode = 440;
    constexpr std::size_t kBeforePartitions = 446;
    const std::size_t kept = request_.identities ? kBootCode : kBeforePartitions;
    const auto& table = request_.identities ? request_.identities->table : request_.disk.table;
    for (auto& extent : gpt::encode_table(gpt::extend_to_end(table, geometry), geometry)) {
      if (extent.offset == 0) request_.disk.blocks->read(0, std::span(extent.bytes).first(kept));
      write_all_at(raw_.get(), extent.bytes, extent.offset, request_.scratch_file.native());
      revealed_.emplace_back(extent.offset, extent.offset + extent.bytes.size());
    }
  }

  std::string id_of(const image::BaseMount& mount) const {
    if (request_.identities) {
      const auto& ids = request_.identities->filesystems;
      if (const auto found = ids.find(mount.partition); found != ids.end()) return found->second;
    }
    return request_.disk.partitions[mount.partition].files->identity().uuid;
  }

  // Where other partitions are mounted: their content is not this one's.
  std::vector<std::string> mounted_elsewhere(std::size_t partition) const {
    std::vector<std::string> paths;
    for (const auto& other : request_.system.mounts) {
      if (other.partition != partition && other.mount_point != "/") paths.push_back(other.mount_point.substr(1));
    }
    return paths;
  }

  void write(const image::BaseMount& mount, const image::BasePartition& partition, ComposedBlocks& disk) const {
    const auto& identity = partition.files->identity();
    if (identity.type == "vfat") return write_fat(mount, partition);
    check_is_top(mount, partition);
    if (!can_reseal(identity.type)) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot change '{}': it lies on {}, which this version only reads",
                                                   mount.mount_point, identity.type));
    }
    const UniqueFd folder = root_.open(mount.mount_point, O_PATH | O_DIRECTORY);
    const RootDir part(fs::read_symlink(fmt::format("/proc/self/fd/{}", folder.get())));
    write_volume({.type = identity.type,
                  .label = identity.label,
                  .uuid = parse_uuid(id_of(mount)),
                  .seed = request_.seed,
                  .epoch = request_.epoch,
                  .refer = [&](std::uint64_t offset, const BlockSource& source,
                               BlockRange range) { disk.place(offset, source, range); }},
                 trees_.at(&mount), part, raw_.get(), {partition.range.offset}, room_of(mount));
  }

  // Mounted once, from its top, a btrfs is a tree like that of any other file system.
  bool is_one_whole(std::size_t partition) const {
    const auto& mounts = request_.system.mounts;
    const auto is_of_it = [&](const auto& mount) { return mount.partition == partition; };
    return std::count_if(mounts.begin(), mounts.end(), is_of_it) == 1 &&
           std::find_if(mounts.begin(), mounts.end(), is_of_it)->subvolume.empty();
  }

  // What a mount without `subvol=` shows is the default subvolume: only if that is the top, nothing else is lost.
  static void check_is_top(const image::BaseMount& mount, const image::BasePartition& partition) {
    const bool is_named = mount.mount_point == "/" || mount.options.find("subvol") != std::string::npos;
    if (partition.content != "btrfs" || is_named || !btrfs::has_default_below_top(*partition.blocks)) return;
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot change the btrfs mounted at '{}': it is its default subvolume, which would not be kept",
                    mount.mount_point),
        "name it in the image's fstab (subvol=), or lay the disk out anew with 'storage'");
  }

  // A btrfs is written as a whole, with all its subvolumes.
  void write_btrfs(const image::BasePartition& partition, std::size_t index) const {
    VolumeOptions options{.type = "btrfs",
                          .label = partition.files->identity().label,
                          .uuid = {},
                          .seed = request_.seed,
                          .epoch = request_.epoch};
    std::vector<std::string> paths;
    bool has_top = false;
    for (const auto& mount : request_.system.mounts) {
      if (mount.partition != index) continue;
      options.uuid = parse_uuid(id_of(mount));
      paths.push_back(mount.mount_point.substr(1));
      has_top |= mount.subvolume.empty();
      if (mount.subvolume.empty() && mount.mount_point != "/") {
        throw Error(
            ErrorKind::BadInput,
            fmt::format("cannot change the btrfs mounted at '{}': its top and subvolumes of it are mounted apart",
                        mount.mount_point),
            "mount only subvolumes of it (subvol=), or lay the disk out anew with 'storage'");
      }
      if (!mount.subvolume.empty())
        options.subvolumes.push_back(
            {.path = mount.subvolume, .referenced_limit = {}, .exclusive_limit = {}, .tree_path = paths.back()});
    }
    check_named_in_fstab(index);
    add_unmounted(partition, has_top, options);
    auto scan = request_.files.scan_options("/", request_.epoch);
    scan.empty_folders = mounted_elsewhere(index);
    auto whole = image::scan_tree(root_, scan);
    if (request_.labels != nullptr) request_.labels->apply_to(whole, "/");
    const auto tree = part_of(std::move(whole), paths);
    write_volume(options, tree, root_, raw_.get(), {partition.range.offset}, {partition.range.length});
  }

  // A default subvolume would not be kept: what is mounted must be named.
  void check_named_in_fstab(std::size_t index) const {
    const auto table = image::parse_mount_table(root_.find_text("etc/fstab").value_or(""));
    for (const auto& mount : request_.system.mounts) {
      if (mount.partition != index || mount.subvolume.empty()) continue;
      const bool named = std::any_of(table.begin(), table.end(), [&](const auto& line) {
        return line.mount_point == mount.mount_point && line.options.find("subvol") != std::string::npos;
      });
      if (named) continue;
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot change the btrfs mounted at '{}': subvolume '{}' is found only because it is the "
                              "default one, which would not be kept",
                              mount.mount_point, mount.subvolume),
                  "name it in the image's fstab (subvol=) and kernel arguments (rootflags=subvol=), or lay the disk "
                  "out anew with 'storage'");
    }
  }

  // Subvolumes that are mounted nowhere are not in the tree: empty ones are made again, others would be lost.
  void add_unmounted(const image::BasePartition& partition, bool has_top, VolumeOptions& options) const {
    const auto mounted = options.subvolumes;
    for (const auto& subvolume : btrfs::list_subvolumes(*partition.blocks)) {
      const bool seen = has_top || std::any_of(mounted.begin(), mounted.end(), [&](const auto& other) {
                          return other.path == subvolume.path || subvolume.path.starts_with(other.path + "/");
                        });
      if (seen) continue;
      const auto view = btrfs::open_btrfs(*partition.blocks, {.subvolume_id = subvolume.id, .subvolume_path = {}});
      if (!view->list(view->root()).empty()) {
        throw Error(ErrorKind::BadInput,
                    fmt::format("cannot change the btrfs of partition {}: its subvolume '{}' is mounted nowhere, and "
                                "would be lost",
                                partition.number(), subvolume.path),
                    "mount it in the image's fstab, delete it, or lay the disk out anew with 'storage'");
      }
      options.subvolumes.push_back(
          {.path = subvolume.path, .referenced_limit = {}, .exclusive_limit = {}, .tree_path = {}});
    }
  }

  void write_fat(const image::BaseMount& mount, const image::BasePartition& partition) const {
    const auto& identity = partition.files->identity();
    const auto files = fat_files(root_, mount.mount_point, trees_.at(&mount));
    image::write_esp(request_.scratch_file, {partition.range.offset}, {partition.range.length}, files,
                     {.label = identity.label.empty() ? "NO NAME" : identity.label,
                      .serial = fat_serial_of(id_of(mount)),
                      .epoch = request_.epoch});
  }

  const ResealRequest& request_;
  const RootDir& root_;
  UniqueFd raw_;
  std::map<const image::BaseMount*, image::Tree> trees_;  // of what changed
  struct TreeBelow {
    const image::BaseVerity* device;
    image::VerityPlace place;
    bool changes;
  };
  std::vector<TreeBelow> trees_below_;
  const image::BaseMount* esp_ = nullptr;  // if it is to be written last
  // Where the scratch file shows without a file system being written: a new table, what the caller fills. Begin, end.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> revealed_;
};

}  // namespace

bool can_reseal(std::string_view type) { return type == "vfat" || is_volume_type(type); }

std::unique_ptr<ResealedDisk> reseal(const ResealRequest& request, const RootDir& root, Reporter& reporter) {
  return Resealer(request, root).run(reporter);
}

}  // namespace keelson::factory
