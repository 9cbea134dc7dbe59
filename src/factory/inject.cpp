#include "factory/inject.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "factory/esp_tree.h"
#include "factory/reseal.h"
#include "factory/workspace.h"
#include "formats/uki/pe.h"
#include "image/base_disk.h"
#include "image/export.h"
#include "image/fat_update.h"
#include "image/filesystems/lazy_tree.h"
#include "os/tree.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/namespaces.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kSkeleton = mebibytes(256);   // folders and attributes of a tree whose content stays where it is
constexpr ByteCount kLargestFile = gibibytes(4);  // what FAT can hold
constexpr std::size_t kMostFiles = 1'000'000;     // of a FAT partition, when its newest time is looked for

// One partition and what goes into it.
struct Target {
  const image::BasePartition* partition = nullptr;
  std::vector<const recipe::InjectFile*> files;

  bool is_fat() const { return partition->files->identity().type == "vfat"; }
  std::string folder() const { return fmt::format("partition-{}", partition->number()); }
};

std::string_view id_type_name(recipe::MountIdType type) {
  if (type == recipe::MountIdType::Uuid) return "uuid";
  return type == recipe::MountIdType::PartLabel ? "part-label" : "part-uuid";
}

bool is_meant(const image::BasePartition& partition, const recipe::IdentifiedPartition& wanted) {
  switch (wanted.id_type) {
    case recipe::MountIdType::Uuid:
      return partition.files && fold_case(partition.files->identity().uuid) == fold_case(wanted.id);
    case recipe::MountIdType::PartLabel:
      return partition.entry.label == wanted.id;
    default:
      return partition.entry.uuid.text() == fold_case(wanted.id);
  }
}

std::string list_partitions(const image::BaseDisk& disk, recipe::MountIdType type) {
  std::vector<std::string> known;
  for (const auto& partition : disk.partitions) {
    std::string id = partition.entry.uuid.text();
    if (type == recipe::MountIdType::PartLabel) id = partition.entry.label;
    if (type == recipe::MountIdType::Uuid) id = partition.files ? partition.files->identity().uuid : "";
    if (!id.empty()) known.push_back(fmt::format("'{}'", id));
  }
  return known.empty() ? "the image has none" : "the image has " + join_words(known);
}

const image::BasePartition& find_partition(const image::BaseDisk& disk, const recipe::InjectFile& file) {
  const image::BasePartition* found = nullptr;
  const auto& wanted = file.partition;
  for (const auto& partition : disk.partitions) {
    if (!is_meant(partition, wanted)) continue;
    if (found != nullptr) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot inject '{}': partitions {} and {} both have {} '{}'", file.destination,
                              found->number(), partition.number(), id_type_name(wanted.id_type), wanted.id));
    }
    found = &partition;
  }
  if (found != nullptr) return *found;
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot inject '{}': no partition of '{}' has {} '{}'", file.destination, disk.file.native(),
                          id_type_name(wanted.id_type), wanted.id),
              list_partitions(disk, wanted.id_type));
}

void check_partition(const image::BasePartition& partition, const recipe::InjectFile& file) {
  const auto refuse = [&](std::string_view why, std::string hint = {}) {
    return Error(ErrorKind::BadInput,
                 fmt::format("cannot inject '{}': partition {} {}", file.destination, partition.number(), why),
                 std::move(hint));
  };
  if (!partition.files) throw refuse("holds no file system that this version reads");
  const auto& identity = partition.files->identity();
  // A btrfs may show another subvolume than the one that is meant.
  if (!can_reseal(identity.type) || identity.type == "btrfs")
    throw refuse(fmt::format("is {}, and this version writes ext4, XFS and FAT", identity.type));
  if (identity.dirty) {
    const std::string why = identity.why_dirty.empty() ? "" : fmt::format(" ({})", identity.why_dirty);
    throw refuse("was not cleanly unmounted" + why, "boot the image once and shut it down, or check it with fsck");
  }
}

// "EFI/Linux/a.efi" of "/EFI//Linux/./a.efi".
std::string relative_destination(const recipe::InjectFile& file) {
  std::string path;
  for (const auto name : split(file.destination, '/')) {
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot inject '{}': the destination leads out of its partition", file.destination));
    }
    path += (path.empty() ? "" : "/") + std::string(name);
  }
  if (path.empty() || file.destination.ends_with('/')) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot inject '{}': the destination names no file", file.destination));
  }
  return path;
}

bool is_program(std::string_view type) {
  return type == "ukis" || type == "uki-addons" || type == "shim" || type == "bootloader";
}

void check_source(const recipe::InjectFile& file, Reporter& reporter) {
  if (!fs::is_regular_file(file.source)) {
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot inject '{}': there is no file '{}'", file.destination, file.source.native()));
  }
  if (!is_program(file.type)) return;
  const bool is_empty = fs::file_size(file.source) == 0;  // can't be mapped
  const auto mapped = is_empty ? std::nullopt : std::make_optional<MappedFile>(file.source);
  if (!mapped || !uki::looks_like_program(mapped->bytes())) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot inject '{}' as {}: it is no UEFI program (a 64-bit PE file)", file.source.native(),
                            file.type),
                "sign with a tool that puts the signature into the file, such as sbsign");
  }
  if (!uki::has_signature(mapped->bytes())) reporter.warn(fmt::format("'{}' is not signed", file.source.native()));
}

// The newest time in a FAT file system: what is put into it gets that, so that the result does not depend on the clock.
std::int64_t newest_time(const FileSystem& files) {
  std::int64_t newest = 0;
  std::vector<NodeId> folders{files.root()};
  std::set<NodeId> seen{files.root()};
  while (!folders.empty() && seen.size() < kMostFiles) {
    const NodeId folder = folders.back();
    folders.pop_back();
    for (const auto& entry : files.list(folder)) {
      const Node node = files.node(entry.id);
      newest = std::max(newest, node.modified.seconds);
      if (seen.insert(entry.id).second && node.type == NodeType::Folder) folders.push_back(entry.id);
    }
  }
  return newest;
}

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// One run, after the document is read.
class Injector {
 public:
  Injector(const InjectRequest& request, const image::BaseDisk& disk, const std::vector<recipe::InjectFile>& files,
           Reporter& reporter)
      : request_(request), disk_(disk), files_(files), reporter_(reporter) {}

  std::vector<InjectedFile> run(const std::string& format) {
    const auto injected = plan();
    std::optional<Workspace> workspace;
    const bool has_trees =
        std::any_of(targets_.begin(), targets_.end(), [](const auto& t) { return !t.second.is_fat(); });
    if (has_trees) {
      enter_private_namespaces();
      workspace.emplace(request_.build_folder, request_.cache_folder, kSkeleton, reporter_);
    }
    const fs::path folder = folder_of(request_.output_file);
    const TempDir scratch("disk", folder);
    const fs::path trees = (workspace ? workspace->path() : scratch.path()) / "root";
    fs::create_directory(trees);
    RootDir root(trees);
    image::LazyTree tree(root);
    const image::BaseSystem system = lay_out(root, tree);
    for (const auto& mount : system.mounts) put(disk_.partitions[mount.partition], root, mount.mount_point);
    const fs::path raw = scratch.path() / "new.raw";
    const std::int64_t epoch = std::max(epoch_, tree.newest());
    const auto disk = reseal({.disk = disk_,
                              .system = system,
                              .files = tree,
                              .seed = seed_,
                              .epoch = epoch,
                              .size = image::size_in(format, disk_.blocks->size()),
                              .left_out = fat_ranges(),
                              .scratch_file = raw},
                             root, reporter_);
    for (const auto& [number, target] : targets_) {
      if (target.is_fat()) update(target, raw, epoch);
    }
    Step step(reporter_, fmt::format("writing '{}'", request_.output_file.filename().native()));
    image::export_image(disk->blocks(), disk_.file.native(), format, request_.output_file,
                        {.seed = seed_, .epoch = epoch});
    step.set_result(fmt::format("{} {}", format, human_size({fs::file_size(request_.output_file)})));
    return injected;
  }

 private:
  // Looks at everything; writes nothing.
  std::vector<InjectedFile> plan() {
    std::string seed = disk_.table.header.disk_uuid.text();
    std::vector<InjectedFile> injected;
    std::set<std::string> places;
    for (const auto& file : files_) {
      const std::string path = relative_destination(file);
      check_source(file, reporter_);
      const auto& partition = find_partition(disk_, file);
      check_partition(partition, file);
      auto& target = targets_[partition.number()];
      target.partition = &partition;
      target.files.push_back(&file);
      const std::string place = fmt::format("{}:{}", partition.number(), target.is_fat() ? fold_case(path) : path);
      if (!places.insert(place).second)
        throw Error(ErrorKind::BadInput, fmt::format("cannot inject '{}': it is named twice", file.destination));
      if (target.is_fat()) epoch_ = std::max(epoch_, newest_time(*partition.files));
      seed += fmt::format(" {}={}", place, sha256(read_file(file.source, kLargestFile)).hex());
      injected.push_back({partition.number(), file.destination});
    }
    seed_ = sha256(seed);
    return injected;
  }

  image::BaseSystem lay_out(const RootDir& root, image::LazyTree& tree) const {
    image::BaseSystem system;
    for (const auto& [number, target] : targets_) {
      if (target.is_fat()) continue;
      Step step(reporter_, fmt::format("reading partition {}", number));
      const std::string mount_point = "/" + target.folder();
      root.make_folders(mount_point);
      tree.lay_out(*target.partition->files, mount_point);
      const auto index = static_cast<std::size_t>(target.partition - disk_.partitions.data());
      system.mounts.push_back({.mount_point = mount_point, .partition = index, .options = {}});
    }
    std::sort(system.mounts.begin(), system.mounts.end(),
              [](const auto& a, const auto& b) { return a.mount_point < b.mount_point; });
    return system;
  }

  // Paths are the partition's own: what its symlinks call "/" is its own top.
  void put(const image::BasePartition& partition, const RootDir& root, const std::string& mount_point) const {
    RootDir part(root.host_path() / mount_point.substr(1));
    part.set_lazy_files(root.lazy_files());
    for (const auto* file : targets_.at(partition.number()).files) {
      with_context(fmt::format("injecting '{}' into partition {}", file->destination, partition.number()), [&] {
        const std::string path = relative_destination(*file);
        const auto status = part.status(path);
        if (status && S_ISDIR(status->st_mode))
          throw Error(ErrorKind::BadInput, fmt::format("cannot inject '{}': it is a folder there", file->destination));
        if (status && S_ISLNK(status->st_mode)) {  // replaced, it might take a whole system with it: /lib, /bin
          throw Error(ErrorKind::BadInput, fmt::format("cannot inject '{}': it is a symlink there, to '{}'",
                                                       file->destination, part.read_link(path)));
        }
        os::rewrite_file(part, path, read_file(file->source, kLargestFile));
      });
    }
  }

  std::vector<BlockRange> fat_ranges() const {
    std::vector<BlockRange> ranges;
    for (const auto& [number, target] : targets_) {
      if (target.is_fat()) ranges.push_back(target.partition->range);
    }
    return ranges;
  }

  // The file system as it is, to be changed in place.
  static void copy(const image::BasePartition& partition, const fs::path& raw) {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    const UniqueFd fd = open_file(raw, O_RDWR);
    Bytes buffer(kPiece);
    for (auto data = partition.blocks->next_data(0); data; data = partition.blocks->next_data(data->end())) {
      for (std::uint64_t at = data->offset; at < data->end(); at += kPiece) {
        const auto piece = std::span(buffer).first(std::min<std::uint64_t>(kPiece, data->end() - at));
        partition.blocks->read(at, piece);
        write_all_at(fd.get(), piece, partition.range.offset + at, raw.native());
      }
    }
  }

  void update(const Target& target, const fs::path& raw, std::int64_t epoch) const {
    copy(*target.partition, raw);
    std::vector<image::EspFile> files;
    for (const auto* file : target.files)
      files.push_back({.path = relative_destination(*file), .source = file->source, .content = {}});
    with_context(fmt::format("injecting files into partition {}", target.partition->number()), [&] {
      image::update_fat(
          {.raw_image = raw, .range = target.partition->range, .before = *target.partition->files, .epoch = epoch},
          files);
    });
  }

  const InjectRequest& request_;
  const image::BaseDisk& disk_;
  const std::vector<recipe::InjectFile>& files_;
  Reporter& reporter_;
  std::map<std::uint32_t, Target> targets_;  // by partition number
  Sha256 seed_;
  std::int64_t epoch_ = 0;
};

void check_output(const InjectRequest& request) {
  if (request.output_file.empty()) {
    throw Error(ErrorKind::Usage, "cannot inject files: no output is named",
                "use --output-image-file: the image itself is never changed");
  }
  if (fs::is_directory(request.output_file))
    throw Error(ErrorKind::Usage, fmt::format("cannot write '{}': it is a folder", request.output_file.native()));
  std::error_code ignored;  // what is not there is no base; reading it will say so
  if (fs::equivalent(request.image_file, request.output_file, ignored)) {
    throw Error(ErrorKind::Usage, fmt::format("cannot write '{}': it is the base image", request.output_file.native()),
                "the base is never changed: choose another output");
  }
}

}  // namespace

InjectResult inject_files(const InjectRequest& request, Reporter& reporter) {
  check_output(request);
  const image::BaseDisk disk = image::open_base_disk(request.image_file);
  const auto files = recipe::require_inject_files(request.config_file);
  const std::string format = request.format.empty() ? disk.format : request.format;
  fs::create_directories(folder_of(request.output_file));
  remove_stale_temporaries(folder_of(request.output_file));
  return {
      .file = request.output_file, .format = format, .injected = Injector(request, disk, files, reporter).run(format)};
}

void remove_leftovers(const InjectRequest& request) {
  remove_stale_temporaries(request.build_folder.empty() ? request.cache_folder / "work" : request.build_folder);
  if (!request.output_file.empty()) remove_stale_temporaries(folder_of(request.output_file));
}

}  // namespace keelson::factory
