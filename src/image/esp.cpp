#include "image/esp.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "image/fat_size.h"
#include "image/mtools.h"
#include "image/sparse.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kSpare = mebibytes(2);
constexpr std::uint64_t kSector = 512;
constexpr std::size_t kLongestLabel = 11;

std::string checked_label(const std::string& label) {
  std::string upper;
  for (const char c : label) {
    const auto u = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (!((u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' || u == '-')) upper.clear();
    upper += u;
  }
  if (upper.empty() || upper.size() != label.size() || upper.size() > kLongestLabel) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot label the ESP '{}': a label is 1 to 11 letters, digits, '_' and '-'", label));
  }
  return upper;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// Every folder on the way to every file, parents first.
std::set<std::string> folders_of(std::span<const EspFile> files) {
  std::set<std::string> folders;
  for (const EspFile& file : files) {
    for (std::string folder = folder_of(file.path); !folder.empty(); folder = folder_of(folder)) folders.insert(folder);
  }
  return folders;
}

// mcopy names a file after its source: each folder of the ESP gets a folder here with links of the right names.
// @return per folder of the ESP, the names to copy into it, sorted.
std::map<std::string, std::vector<std::string>> stage(std::span<const EspFile> files, const fs::path& stage_folder) {
  std::map<std::string, std::vector<const EspFile*>> by_folder;
  for (const EspFile& file : files) by_folder[folder_of(file.path)].push_back(&file);
  std::map<std::string, std::vector<std::string>> staged;
  for (auto& [folder, members] : by_folder) {
    std::sort(members.begin(), members.end(), [](const EspFile* a, const EspFile* b) { return a->path < b->path; });
    const std::string number = fmt::format("{}", staged.size());
    fs::create_directory(stage_folder / number);
    auto& names = staged[folder];
    for (const EspFile* file : members) {
      const fs::path name = fs::path(number) / fs::path(file->path).filename();
      if (file->content) {
        write_file(stage_folder / name, as_text(*file->content));
      } else {
        fs::create_symlink(fs::absolute(file->source), stage_folder / name);
      }
      names.push_back(name);
    }
  }
  return staged;
}

void prepare_region(const fs::path& raw_image, ByteCount offset, ByteCount size) {
  const UniqueFd fd = open_file(raw_image, O_RDWR);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("write", raw_image.native(), errno);
  const auto length = static_cast<std::uint64_t>(status.st_size);
  if (offset.value > length || size.value > length - offset.value || offset.value % kSector != 0 ||
      size.value % kSector != 0) {
    throw Error(ErrorKind::Internal,
                fmt::format("cannot write '{}': the ESP lies outside it or off its sectors", raw_image.native()));
  }
  clear_range(fd.get(), offset, size, raw_image.native());
}

}  // namespace

namespace {

ByteCount least_size(std::span<const EspFile> files, ByteCount size, ByteCount spare) {
  check_esp_paths(files);
  const FatContent content = measure(files);
  for (const auto file : content.file_sizes) size = size < ByteCount{file} ? align_up({file}, mebibytes(1)) : size;
  while (!fits(content, size, spare)) size = size + mebibytes(1);
  return size;
}

}  // namespace

ByteCount esp_size_for(std::span<const EspFile> files) { return least_size(files, mebibytes(33), kSpare); }

ByteCount smallest_esp_for(std::span<const EspFile> files) { return least_size(files, mebibytes(3), {}); }

void write_esp(const fs::path& raw_image, ByteCount offset, ByteCount size, std::span<const EspFile> files,
               const EspOptions& options) {
  check_esp_paths(files);
  const auto geometry = fat_geometry(size);
  if (!geometry || !fits(measure(files), size, {0})) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot write 'EFI system partition': it is {} large and needs {}",
                                                 human_size(size), human_size(smallest_esp_for(files))));
  }
  const std::string label = checked_label(options.label);
  prepare_region(raw_image, offset, size);
  // Beside the disk, where the next run finds and removes it if this one is killed.
  const TempDir folder("esp", fs::absolute(raw_image).parent_path());
  const auto staged = stage(files, folder.path());
  const Mtools mtools(raw_image, folder.path(), offset, options.epoch);
  std::vector<std::string> format{"-c", fmt::format("{}", geometry->sectors_per_cluster),
                                  "-T", fmt::format("{}", size.value / kSector),
                                  "-h", "16",
                                  "-s", "63",
                                  "-H", fmt::format("{}", offset.value / kSector),
                                  "-N", fmt::format("{:08x}", options.serial),
                                  "-v", label};
  if (geometry->fat32) {
    format.emplace_back("-F");
  } else {
    format.insert(format.end(), {"-r", fmt::format("{}", kFat16RootSectors)});
  }
  format.emplace_back("::");
  mtools.run("mformat", format);
  std::vector<std::string> folders;
  for (const auto& path : folders_of(files)) folders.push_back("::" + path);
  if (!folders.empty()) mtools.run("mmd", folders);
  for (const auto& [path, names] : staged) {
    std::vector<std::string> arguments{"-Q"};
    arguments.insert(arguments.end(), names.begin(), names.end());
    arguments.push_back("::" + path);
    mtools.run("mcopy", arguments);
  }
}

}  // namespace keelson::image
