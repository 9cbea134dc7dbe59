#include "image/fat_update.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "image/fat_size.h"
#include "image/mtools.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

// Where a path leads in the file system as it was.
struct Place {
  std::string path;                  // with the spelling of what is there
  std::vector<std::string> missing;  // folders to make, parents first
  bool is_folder = false;
};

std::string spelling(const FileSystem& files, NodeId folder, NodeId id, std::string_view fallback) {
  for (const auto& entry : files.list(folder)) {
    if (entry.id == id) return entry.name;
  }
  return std::string(fallback);
}

Place find_place(const FileSystem& files, const std::string& path) {
  Place place;
  std::optional<NodeId> at = files.root();
  const auto names = split(path, '/');
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size();
    const auto next = at ? files.find(*at, names[i]) : std::nullopt;
    place.path += (i == 0 ? "" : "/") + (next ? spelling(files, *at, *next, names[i]) : std::string(names[i]));
    if (next && !is_last && files.node(*next).type != NodeType::Folder)
      throw Error(ErrorKind::BadInput, fmt::format("cannot put '{}' on the ESP: '{}' is no folder", path, place.path));
    if (next && is_last) place.is_folder = files.node(*next).type == NodeType::Folder;
    if (!next && !is_last) place.missing.push_back(place.path);
    at = next;
  }
  return place;
}

void put(const Mtools& mtools, const fs::path& folder, const EspFile& file, const std::string& path) {
  const fs::path source = folder / "source";
  fs::remove(source);
  if (file.content) {
    write_file(source, as_text(*file.content));
  } else {
    fs::create_symlink(fs::absolute(file.source), source);
  }
  mtools.run("mcopy", {"-o", "source", "::" + path});
}

}  // namespace

void update_fat(const FatUpdate& update, std::span<const EspFile> files) {
  check_esp_paths(files);
  measure(files);  // each can be read and is not too large for FAT
  const TempDir folder("fat", fs::absolute(update.raw_image).parent_path());
  const Mtools mtools(update.raw_image, folder.path(), {update.range.offset}, update.epoch);
  std::set<std::string> made;
  for (const EspFile& file : files) {
    const Place place = find_place(update.before, file.path);
    if (place.is_folder)
      throw Error(ErrorKind::BadInput, fmt::format("cannot put '{}' on the ESP: it is a folder there", file.path));
    for (const auto& missing : place.missing) {
      if (made.insert(missing).second) mtools.run("mmd", {"::" + missing});
    }
    with_context(fmt::format("putting '{}' on the ESP", place.path),
                 [&] { put(mtools, folder.path(), file, place.path); });
  }
}

}  // namespace keelson::image
