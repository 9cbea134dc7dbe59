#include "factory/esp_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "formats/gpt/types.h"
#include "os/tree.h"

namespace keelson::factory {

namespace {

constexpr std::string_view kUkiFolder = "efi/linux/";
constexpr int kDeepest = 32;  // an ESP has four

}  // namespace

std::string fold_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

const image::BaseMount* find_esp(const image::BaseDisk& disk, const image::BaseSystem& system) {
  for (const auto& mount : system.mounts) {
    const auto type = gpt::find_type_name(disk.partitions[mount.partition].entry.type);
    if (type && type->name == "esp") return &mount;
  }
  return nullptr;
}

std::vector<std::string> EspTree::files() const {
  std::vector<std::string> found;
  add_files("", 0, found);
  std::sort(found.begin(), found.end());
  return found;
}

void EspTree::add_files(const std::string& folder, int depth, std::vector<std::string>& to) const {
  if (depth > kDeepest) return;
  for (const auto& name : root_.list(in_root(folder))) {
    const std::string path = folder.empty() ? name : folder + "/" + name;
    const auto status = root_.status(in_root(path));
    if (status && S_ISDIR(status->st_mode)) add_files(path, depth + 1, to);
    if (status && S_ISREG(status->st_mode)) to.push_back(path);
  }
}

std::vector<std::string> EspTree::ukis() const {
  std::vector<std::string> found = files();
  std::erase_if(found, [](const std::string& path) {
    const std::string folded = fold_case(path);
    return !folded.starts_with(kUkiFolder) || !folded.ends_with(".efi") ||
           folded.find('/', kUkiFolder.size()) != std::string::npos;
  });
  return found;
}

std::vector<std::string> EspTree::addons(const std::string& uki) const {
  const std::string folder = fold_case(uki) + ".extra.d/";
  std::vector<std::string> found = files();
  std::erase_if(found, [&](const std::string& path) {
    const std::string folded = fold_case(path);
    return !folded.starts_with(folder) || !folded.ends_with(".addon.efi");
  });
  return found;
}

std::string EspTree::spelled(const std::string& path) const {
  std::string result;
  for (const auto wanted : split(path, '/')) {
    std::string name(wanted);
    const auto names = root_.list(in_root(result));
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const auto like = std::find_if(names.begin(), names.end(),
                                     [&](const auto& each) { return fold_case(each) == fold_case(wanted); });
      if (like != names.end()) name = *like;
    }
    result += (result.empty() ? "" : "/") + name;
  }
  return result;
}

std::string EspTree::read(const std::string& path, ByteCount limit) const {
  return root_.read(in_root(spelled(path)), limit);
}

std::optional<std::string> EspTree::find_text(const std::string& path) const {
  return root_.find_text(in_root(spelled(path)), mebibytes(1));
}

void EspTree::write(const std::string& path, std::string_view content) const {
  os::rewrite_file(root_, in_root(spelled(path)), content);
}

void EspTree::remove(const std::string& path) const { root_.remove(in_root(spelled(path))); }

std::vector<image::EspFile> EspTree::as_esp_files() const {
  const UniqueFd folder = root_.open(mount_point_, O_PATH | O_DIRECTORY);
  const std::filesystem::path host = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(folder.get()));
  std::vector<image::EspFile> all;
  for (const auto& path : files()) {
    root_.open(in_root(path), O_RDONLY);  // gives it its content
    all.push_back({.path = path, .source = host / path, .content = {}});
  }
  return all;
}

}  // namespace keelson::factory
