#include "image/fat_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kReservedSectors = 32;  // what mformat makes for FAT32
constexpr std::uint64_t kFat16Reserved = 1 + kFat16RootSectors;
// "FAT Type Determination", with its advised distance of 16 from the limits.
constexpr std::uint64_t kFewestFat32Clusters = 65525 + 16;
constexpr std::uint64_t kMostFat16Clusters = 65524 - 16;
constexpr std::uint64_t kFewestFat16Clusters = 4085 + 16;
constexpr std::uint64_t kEntrySize = 32;
constexpr std::uint64_t kLargestFile = 0xFFFFFFFF;

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot put '{}' on the ESP: {}", path, why));
}

bool is_allowed(char c) {
  const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return plain || std::string_view("._-+~@ ").find(c) != std::string_view::npos;
}

void check_name(const std::string& path, std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.size() > 255) refuse(path, "it is not a plain relative path");
  // FAT drops trailing dots and spaces, so that two names would become one.
  if (name.back() == '.' || name.back() == ' ' || name.front() == ' ')
    refuse(path, "a name begins or ends with a space, or ends with a dot");
  if (!std::all_of(name.begin(), name.end(), is_allowed))
    refuse(path, "a name holds something else than letters, digits and '._-+~@ '");
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// The short entry, and one entry per 13 characters of the long name.
std::uint64_t entries_for(std::string_view name) { return 1 + (name.size() + 12) / 13; }

// Clusters that a file system of this size has with this geometry.
std::uint64_t clusters(ByteCount size, const FatGeometry& geometry) {
  const std::uint64_t sectors = size.value / kSector;
  const std::uint64_t reserved = geometry.fat32 ? kReservedSectors : kFat16Reserved;
  const std::uint64_t entry = geometry.fat32 ? 4 : 2;
  const std::uint64_t per_cluster = geometry.sectors_per_cluster;
  if (sectors <= reserved) return 0;
  // Each cluster costs its own sectors and an entry in either FAT.
  const std::uint64_t guess = (sectors - reserved) * kSector / (per_cluster * kSector + 2 * entry);
  const std::uint64_t fat_sectors = ((guess + 2) * entry + kSector - 1) / kSector + 1;  // one to be safe from rounding
  const std::uint64_t overhead = reserved + 2 * fat_sectors;
  return sectors <= overhead ? 0 : (sectors - overhead) / per_cluster;
}

}  // namespace

void check_esp_paths(std::span<const EspFile> files) {
  std::map<std::string, std::string> file_by_lower;
  std::map<std::string, std::string> folder_by_lower;
  for (const EspFile& file : files) {
    std::string folder;
    for (const auto name : split(file.path, '/')) {
      check_name(file.path, name);
      if (!folder.empty()) {
        const auto [known, added] = folder_by_lower.emplace(lower(folder), folder);
        if (!added && known->second != folder)
          refuse(file.path, fmt::format("it differs from '{}' in case only", known->second));
      }
      folder += (folder.empty() ? "" : "/") + std::string(name);
    }
    const auto [known, added] = file_by_lower.emplace(lower(file.path), file.path);
    if (!added) refuse(file.path, fmt::format("it differs from '{}' in case only, or not at all", known->second));
  }
  for (const auto& [key, path] : file_by_lower) {
    if (folder_by_lower.contains(key)) refuse(path, "it is a file and a folder at once");
  }
}

FatContent measure(std::span<const EspFile> files) {
  FatContent content;
  std::map<std::string, std::uint64_t> folder_entries{{"", 2}};  // the root's label, and one to end with
  for (const EspFile& file : files) {
    std::error_code error;
    const std::uint64_t size = file.content ? file.content->size() : fs::file_size(file.source, error);
    if (error) throw system_error("read", file.source.native(), error.value());
    if (size > kLargestFile) refuse(file.path, "FAT holds no file of 4 GiB or more");
    content.file_sizes.push_back(size);
    std::string folder;
    for (const auto name : split(file.path, '/')) {
      const std::string inner = folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
      const bool is_file = inner == file.path;
      const bool is_new = is_file || folder_entries.emplace(inner, 3).second;  // ".", ".." and one to end with
      if (is_new) folder_entries[folder] += entries_for(name);
      folder = inner;
    }
  }
  for (const auto& [folder, entries] : folder_entries) content.folder_sizes.push_back(entries * kEntrySize);
  return content;
}

std::optional<FatGeometry> fat_geometry(ByteCount size) {
  for (const std::uint32_t sectors : {8u, 4u, 2u, 1u}) {
    const FatGeometry geometry{.fat32 = true, .sectors_per_cluster = sectors};
    if (clusters(size, geometry) >= kFewestFat32Clusters) return geometry;
  }
  for (const std::uint32_t sectors : {8u, 4u, 2u, 1u}) {
    const FatGeometry geometry{.fat32 = false, .sectors_per_cluster = sectors};
    const std::uint64_t count = clusters(size, geometry);
    if (count >= kFewestFat16Clusters && count <= kMostFat16Clusters) return geometry;
  }
  return std::nullopt;
}

bool fits(const FatContent& content, ByteCount size, ByteCount spare) {
  const auto geometry = fat_geometry(size);
  if (!geometry) return false;
  // The first folder is the root; of a FAT16 it lies before the clusters and can't grow.
  if (!geometry->fat32 && content.folder_sizes.front() > kFat16RootSectors * kSector) return false;
  const std::uint64_t bytes = geometry->sectors_per_cluster * kSector;
  std::uint64_t used = (spare.value + bytes - 1) / bytes;
  for (const auto file : content.file_sizes) used += (file + bytes - 1) / bytes;
  for (const auto folder : content.folder_sizes) used += (folder + bytes - 1) / bytes;
  return used <= clusters(size, *geometry);
}

}  // namespace keelson::image
