#include "factory/disk_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "crypto/hash.h"
#include "factory/devices.h"
#include "factory/fat_files.h"
#include "factory/fstab.h"
#include "factory/volume.h"
#include "image/esp.h"
#include "image/filesystems/erofs_labels.h"
#include "image/filesystems/erofs_writer.h"
#include "image/filesystems/tree.h"
#include "sys/file.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

// What a writable root gets beyond its content when the recipe names no size: room for containers and logs. It costs
// nothing in a sparse file.
constexpr ByteCount kFreeRoom = mebibytes(512);

bool is_fat(const std::string& type) { return type == "vfat" || type == "fat32"; }

// One file system of the disk and what goes into it.
struct Volume {
  const recipe::Filesystem* filesystem = nullptr;
  const recipe::Verity* verity = nullptr;  // what guards it; null: nothing
  std::string partition_id;
  bool is_esp = false;
  std::optional<RootDir> root;            // the part of the tree that is mounted here
  std::vector<image::EspFile> fat_files;  // of a FAT
  image::Tree tree;
  fs::path erofs_file;  // made beforehand: its size is known only then
  ByteCount needed;
};

const recipe::Partition& partition_of(const recipe::Storage& storage, const std::string& id) {
  const auto& partitions = storage.disk.partitions;
  const auto found =
      std::find_if(partitions.begin(), partitions.end(), [&](const auto& partition) { return partition.id == id; });
  if (found == partitions.end()) throw Error(ErrorKind::Internal, fmt::format("cannot find partition '{}'", id));
  return *found;
}

// Paths, relative to `mount_point`, at which other file systems are mounted: their content is not this volume's.
std::vector<std::string> mounted_below(const recipe::Storage& storage, const std::string& mount_point,
                                       const recipe::Filesystem& self) {
  std::vector<std::string> below;
  const std::string prefix = mount_point == "/" ? "/" : mount_point + "/";
  for (const auto& other : mounted_filesystems(storage)) {
    const std::string& place = other.mount_point();
    if (other.filesystem == &self) continue;
    if (place.size() > prefix.size() && place.starts_with(prefix)) below.push_back(place.substr(prefix.size()));
  }
  return below;
}

class DiskWriter {
 public:
  DiskWriter(const DiskRequest& request, const RootDir& root) : request_(request), root_(root) {}

  image::DiskPlan compose(Reporter& reporter) {
    make_mount_points();
    std::vector<VerityHash> hashes;
    for (const auto& device : request_.storage.verity) hashes.push_back(expected_hash(device));
    if (request_.esp) esp_files_ = request_.esp(hashes);
    for (const auto& filesystem : request_.storage.filesystems) prepare(filesystem);
    image::PlanInputs inputs{.architecture = request_.architecture, .seed = request_.seed};
    for (const auto& volume : volumes_) inputs.needed[volume.partition_id] = needed_by(volume);
    const image::DiskPlan plan = plan_with_trees(request_.storage, std::move(inputs));
    const UniqueFd raw = open_file(request_.raw_file, O_RDWR | O_CREAT | O_TRUNC);
    if (::ftruncate(raw.get(), static_cast<off_t>(plan.size.value)) != 0)
      throw system_error("write", request_.raw_file.native(), errno);
    for (const auto& volume : volumes_) {
      if (!volume.is_esp) write(volume, plan, raw.get(), reporter);
    }
    if (!hashes.empty()) {
      hash(plan, raw.get(), hashes, reporter);
      if (request_.esp) esp_files_ = request_.esp(hashes);
    }
    for (auto& volume : volumes_) {
      if (!volume.is_esp) continue;
      fill_fat(volume);
      write(volume, plan, raw.get(), reporter);
    }
    image::write_partition_table(raw.get(), plan);
    return plan;
  }

 private:
  void write(const Volume& volume, const image::DiskPlan& plan, int raw, Reporter& reporter) const {
    const image::PartitionPlan& place = plan.partition(volume.partition_id);
    Step step(reporter, fmt::format("writing file system '{}'", volume.partition_id));
    write(volume, place.offset, data_room(volume.verity, place.size), raw);
    step.set_result(fmt::format("{}, {}", volume.filesystem->type, human_size(place.size)));
  }

  void hash(const image::DiskPlan& plan, int raw, std::vector<VerityHash>& hashes, Reporter& reporter) const {
    for (auto& hash : hashes) {
      Step step(reporter, fmt::format("hashing verity device '{}'", hash.device->id));
      hash = write_verity(*hash.device, plan, request_.seed, request_.raw_file, raw);
      step.set_result(hash.root_hash.hex().substr(0, 12));
    }
  }

  static ByteCount needed_by(const Volume& volume) {
    return volume.verity && volume.verity->is_inline() ? with_inline_tree(volume.needed) : volume.needed;
  }

  // Before any tree is read, for each may be a folder of another one's tree: a read-only root can't get them at boot.
  void make_mount_points() {
    for (const auto& mounted : mounted_filesystems(request_.storage)) {
      root_.make_folders(mounted.mount_point());
      // ext4 has this folder in any case; as a part of the tree it gets its label.
      if (request_.labels != nullptr && mounted.filesystem->type == "ext4")
        root_.make_folders((fs::path(mounted.mount_point()) / "lost+found").native(), 0700);
    }
  }

  void prepare(const recipe::Filesystem& filesystem) {
    Volume volume{.filesystem = &filesystem,
                  .verity = request_.storage.find_verity(filesystem),
                  .partition_id = request_.storage.partition_of(filesystem)};
    volume.is_esp = is_fat(filesystem.type) && partition_of(request_.storage, volume.partition_id).type == "esp";
    open_root(volume);
    if (is_fat(filesystem.type)) {
      fill_fat(volume);
      volume.needed = has_fixed_size(volume.partition_id) ? image::smallest_esp_for(volume.fat_files)
                                                          : image::esp_size_for(volume.fat_files);
    } else {
      prepare_tree(volume);
    }
    volumes_.push_back(std::move(volume));
  }

  void fill_fat(Volume& volume) const {
    volume.fat_files = fat_files(root_, volume.filesystem->mount_point, scan(volume));
    if (volume.is_esp) volume.fat_files.insert(volume.fat_files.end(), esp_files_.begin(), esp_files_.end());
  }

  void open_root(Volume& volume) const {
    const std::string place = place_of(volume);
    if (!place.empty()) return void(volume.root.emplace(path_inside(place)));
    // Made, but nothing of the tree is in it.
    const fs::path empty = request_.work_folder / ("empty-" + volume.partition_id);
    fs::create_directory(empty);
    fs::permissions(empty, fs::perms(0755));
    volume.root.emplace(empty);
  }

  image::Tree scan(const Volume& volume) const {
    const std::string mount_point = place_of(volume);
    const bool foreign = request_.foreign != nullptr && !mount_point.empty();
    auto options = foreign ? request_.foreign->files.scan_options(mount_point, request_.epoch)
                           : image::ScanOptions{.epoch = request_.epoch};
    options.empty_folders = mounted_below(request_.storage, mount_point, *volume.filesystem);
    image::Tree tree = image::scan_tree(*volume.root, options);
    if (request_.labels != nullptr && !mount_point.empty()) request_.labels->apply_to(tree, mount_point);
    return tree;
  }

  // Subvolumes lie anywhere in the tree, so that all of it is looked at.
  static std::string place_of(const Volume& volume) {
    return volume.filesystem->subvolumes.empty() ? volume.filesystem->mount_point : "/";
  }

  void prepare_tree(Volume& volume) {
    const std::string& mount_point = volume.filesystem->mount_point;
    if (is_volume_type(volume.filesystem->type)) {
      volume.tree = scan(volume);
      const VolumeOptions options = options_of(volume);
      if (!volume.filesystem->subvolumes.empty()) volume.tree = part_of(std::move(volume.tree), mounted_paths(options));
      const bool leaves_room = volume.verity == nullptr && !has_fixed_size(volume.partition_id);
      volume.needed = volume_size_for(options, volume.tree, leaves_room ? kFreeRoom : ByteCount{});
    } else if (volume.filesystem->type == "erofs") {
      volume.erofs_file = request_.work_folder / (volume.partition_id + ".erofs");
      image::ErofsOptions options{.uuid = filesystem_uuid(request_.seed, volume.filesystem->device_id),
                                  .epoch = request_.epoch,
                                  .empty_folders = mounted_below(request_.storage, mount_point, *volume.filesystem)};
      if (request_.labels != nullptr && !mount_point.empty()) {
        options.file_contexts = request_.work_folder / (volume.partition_id + ".contexts");
        write_file(options.file_contexts, image::erofs_file_contexts(scan(volume)));
      }
      volume.needed = image::prepare_erofs(*volume.root, volume.erofs_file, options);
    } else {
      throw Error(
          ErrorKind::BadInput,
          fmt::format(
              "cannot make file system '{}' on partition '{}': this version writes ext4, xfs, btrfs, erofs and vfat",
              volume.filesystem->type, volume.partition_id));
    }
  }

  VolumeOptions options_of(const Volume& volume) const {
    VolumeOptions options{.type = volume.filesystem->type,
                          .label = volume.partition_id,
                          .uuid = filesystem_uuid(request_.seed, volume.filesystem->device_id),
                          .seed = request_.seed,
                          .epoch = request_.epoch};
    // What is hashed is read from the raw disk, and so must be there.
    if (request_.foreign && volume.verity == nullptr) options.refer = request_.foreign->refer;
    for (const auto& subvolume : volume.filesystem->subvolumes) {
      image::BtrfsSubvolumePlan plan{.path = subvolume.path,
                                     .referenced_limit = subvolume.referenced_limit,
                                     .exclusive_limit = subvolume.exclusive_limit,
                                     .tree_path = {}};
      if (!subvolume.mount_point.empty()) plan.tree_path = subvolume.mount_point.substr(1);
      options.subvolumes.push_back(std::move(plan));
    }
    return options;
  }

  static std::vector<std::string> mounted_paths(const VolumeOptions& options) {
    std::vector<std::string> paths;
    for (const auto& subvolume : options.subvolumes) {
      if (subvolume.tree_path) paths.push_back(*subvolume.tree_path);
    }
    return paths;
  }

  // Where a path of the image really is on the host: resolved inside the root, which no symlink in it can leave.
  fs::path path_inside(const std::string& path) const {
    const UniqueFd folder = root_.open(path, O_PATH | O_DIRECTORY);
    return fs::read_symlink(fmt::format("/proc/self/fd/{}", folder.get()));
  }

  bool has_fixed_size(const std::string& id) const {
    const auto& partition = partition_of(request_.storage, id);
    const bool fills_disk = request_.storage.disk.max_size && &partition == &request_.storage.disk.partitions.back();
    return fills_disk || partition.size.has_value() || partition.end.has_value();
  }

  void write(const Volume& volume, ByteCount offset, ByteCount size, int raw) const {
    const std::string& type = volume.filesystem->type;
    if (is_fat(type)) {
      image::write_esp(request_.raw_file, offset, size, volume.fat_files,
                       {.label = volume.is_esp ? "ESP" : "DATA",
                        .serial = fat_serial(request_.seed, volume.partition_id),
                        .epoch = request_.epoch});
    } else if (is_volume_type(type)) {
      write_volume(options_of(volume), volume.tree, *volume.root, raw, offset, size);
    } else {
      image::place_erofs(volume.erofs_file, raw, offset, size, volume.partition_id);
    }
  }

  const DiskRequest& request_;
  const RootDir& root_;
  std::vector<Volume> volumes_;
  std::vector<image::EspFile> esp_files_;
};

}  // namespace

recipe::Storage storage_of(const recipe::Recipe& recipe) {
  return recipe.storage ? *recipe.storage : image::default_storage("ext4");
}

std::string filesystem_at(const recipe::Storage& storage, const std::string& mount_point) {
  for (const auto& mounted : mounted_filesystems(storage)) {
    if (mounted.mount_point() == mount_point) return mounted.filesystem->type;
  }
  return "";
}

image::DiskPlan compose_disk(const DiskRequest& request, const RootDir& root, Reporter& reporter) {
  return DiskWriter(request, root).compose(reporter);
}

}  // namespace keelson::factory
