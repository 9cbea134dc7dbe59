#include "factory/reseal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <vector>

#include "base/error.h"
#include "image/esp.h"
#include "image/filesystems/ext4_writer.h"
#include "image/filesystems/tree.h"
#include "sys/file.h"
#include "sys/file_blocks.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

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

  void run(Reporter& reporter) {
    const UniqueFd raw = open_file(request_.raw_file, O_RDWR | O_CREAT | O_TRUNC);
    if (::ftruncate(raw.get(), static_cast<off_t>(request_.disk.blocks->size().value)) != 0)
      throw system_error("write", request_.raw_file.native(), errno);
    std::vector<BlockRange> rewritten;
    for (const auto& mount : request_.system.mounts) {
      if (!request_.files.changed_below(mount.mount_point)) continue;
      const auto& partition = request_.disk.partitions[mount.partition];
      Step step(reporter, fmt::format("writing file system '{}'", mount.mount_point));
      write(mount, partition, raw.get());
      rewritten.push_back(partition.range);
      step.set_result(fmt::format("{}, {}", partition.content, human_size({partition.range.length})));
    }
    Step step(reporter, "copying the rest of the disk");
    std::sort(rewritten.begin(), rewritten.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    step.set_result(human_size(copy_rest(rewritten, raw.get())));
  }

 private:
  // Paths, relative to `mount_point`, at which other file systems are mounted: their content is not this one's.
  std::vector<std::string> mounted_below(const std::string& mount_point) const {
    std::vector<std::string> below;
    const std::string prefix = mount_point == "/" ? "/" : mount_point + "/";
    for (const auto& other : request_.system.mounts) {
      if (other.mount_point.size() > prefix.size() && other.mount_point.starts_with(prefix))
        below.push_back(other.mount_point.substr(prefix.size()));
    }
    return below;
  }

  void write(const image::BaseMount& mount, const image::BasePartition& partition, int raw) const {
    const auto& identity = partition.files->identity();
    if (identity.type == "vfat") return write_fat(mount, partition);
    if (!can_reseal(identity.type)) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot change '{}': it lies on {}, and this version writes ext4 and FAT",
                              mount.mount_point, identity.type));
    }
    const UniqueFd folder = root_.open(mount.mount_point, O_PATH | O_DIRECTORY);
    const RootDir part(fs::read_symlink(fmt::format("/proc/self/fd/{}", folder.get())));
    const auto tree = image::scan_tree(part, {.epoch = request_.epoch,
                                              .adjust = request_.files.adjuster(mount.mount_point),
                                              .keep_acls = true,
                                              .empty_folders = mounted_below(mount.mount_point)});
    image::write_ext4(
        tree, part, raw, {partition.range.offset}, {partition.range.length},
        {.label = identity.label, .uuid = parse_uuid(identity.uuid), .seed = request_.seed, .epoch = request_.epoch});
  }

  // FAT knows neither owners nor modes: names and contents are all of it. Empty folders are not kept.
  void write_fat(const image::BaseMount& mount, const image::BasePartition& partition) const {
    const auto& identity = partition.files->identity();
    const UniqueFd folder = root_.open(mount.mount_point, O_PATH | O_DIRECTORY);
    const RootDir part(fs::read_symlink(fmt::format("/proc/self/fd/{}", folder.get())));
    const auto tree = image::scan_tree(part, {.epoch = request_.epoch});
    std::vector<image::EspFile> esp;
    for (const auto& entry : tree.entries) {
      if (entry.type == image::EntryType::Folder) continue;
      if (entry.type != image::EntryType::File) {
        throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}/{}': FAT holds files and folders only",
                                                     mount.mount_point, entry.path));
      }
      root_.open(mount.mount_point + "/" + entry.path, O_RDONLY);  // gives it its content
      esp.push_back({.path = entry.path, .source = part.host_path() / entry.path, .content = {}});
    }
    image::write_esp(request_.raw_file, {partition.range.offset}, {partition.range.length}, esp,
                     {.label = identity.label.empty() ? "NO NAME" : identity.label,
                      .serial = fat_serial_of(identity.uuid),
                      .epoch = request_.epoch});
  }

  // Every data range of the disk outside of what was written anew.
  ByteCount copy_rest(const std::vector<BlockRange>& rewritten, int raw) const {
    FileSink sink(raw, request_.raw_file.native());
    ByteCount copied;
    std::uint64_t at = 0;
    for (std::size_t i = 0; i <= rewritten.size(); ++i) {
      const std::uint64_t end = i < rewritten.size() ? rewritten[i].offset : request_.disk.blocks->size().value;
      copied = copied + copy_range(at, end, sink);
      if (i < rewritten.size()) at = rewritten[i].end();
    }
    return copied;
  }

  ByteCount copy_range(std::uint64_t begin, std::uint64_t end, FileSink& sink) const {
    const BlockSource& disk = *request_.disk.blocks;
    Bytes buffer(kPiece);
    ByteCount copied;
    for (auto data = disk.next_data(begin); data && data->offset < end; data = disk.next_data(begin)) {
      begin = std::max(begin, data->offset);
      const std::uint64_t stop = std::min(end, data->end());
      while (begin < stop) {
        const auto piece = std::span(buffer).first(std::min<std::uint64_t>(kPiece, stop - begin));
        disk.read(begin, piece);
        sink.write(begin, piece);
        begin += piece.size();
        copied = copied + ByteCount{piece.size()};
      }
      if (begin >= end) break;
    }
    return copied;
  }

  const ResealRequest& request_;
  const RootDir& root_;
};

}  // namespace

bool can_reseal(std::string_view type) { return type == "vfat" || type.starts_with("ext"); }

void reseal(const ResealRequest& request, const RootDir& root, Reporter& reporter) {
  Resealer(request, root).run(reporter);
}

}  // namespace keelson::factory
