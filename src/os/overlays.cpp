#include "os/overlays.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::string_view kFstab = "etc/fstab";
constexpr std::string_view kInInitrd = "x-initrd.mount";  // systemd.mount(5)

std::string joined(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : std::string(1, separator)) + part;
  return text;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && (folder == "/" || path[folder.size()] == '/');
}

// A line of fstab(5) as far as it matters here; white space in its fields is encoded, and recipes have none.
struct Mount {
  std::string point;
  std::string type;
  std::string options;

  bool in_initrd() const {
    const auto all = split(options, ',');
    return point == "/" || point == "/usr" || std::find(all.begin(), all.end(), kInInitrd) != all.end();
  }
};

std::vector<Mount> mounts_of(const RootDir& root) {
  std::vector<Mount> mounts;
  const std::string text = root.find_text(kFstab).value_or("");
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 3 || words[0].starts_with('#') || !words[1].starts_with('/')) continue;
    mounts.push_back(
        {std::string(words[1]), std::string(words[2]), words.size() > 3 ? std::string(words[3]) : std::string()});
  }
  return mounts;
}

// What holds `path` when everything is mounted; nothing: the root's own file system.
const Mount* holder_of(const std::vector<Mount>& mounts, const std::string& path) {
  const Mount* found = nullptr;
  for (const auto& mount : mounts) {
    const bool holds = mount.point == path || is_below(path, mount.point);
    if (mount.point != "/" && holds && (found == nullptr || mount.point.size() >= found->point.size())) found = &mount;
  }
  return found;
}

// Where it is not mounted yet, the folder below its mount point would be taken instead.
void check_is_mounted_before(const std::vector<Mount>& mounts, const std::string& path) {
  const Mount* holder = holder_of(mounts, path);
  if (holder == nullptr || holder->in_initrd()) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot use '{}' in the initrd: '{}' is not mounted then", path, holder->point),
              fmt::format("add {} to the mount options of {}", kInInitrd, holder->point));
}

void check_in_initrd(const recipe::Overlay& overlay, const RootDir& root) {
  auto mounts = mounts_of(root);
  // What an earlier customization wrote for this overlay is going to be replaced.
  std::erase_if(mounts, [&](const Mount& m) { return m.type == "overlay" && m.point == overlay.mount_point; });
  for (const auto& needed : overlay.mount_dependencies) {
    const auto same = [&](const Mount& mount) { return mount.point == needed; };
    if (std::none_of(mounts.begin(), mounts.end(), same)) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot wait for '{}' in the initrd: fstab mounts nothing there", needed),
                  "leave it out of mountDependencies: folders of the root are there anyway");
    }
    check_is_mounted_before(mounts, needed);
  }
  for (const auto& lower : overlay.lower_dirs) check_is_mounted_before(mounts, lower);
  check_is_mounted_before(mounts, overlay.upper_dir);
  check_is_mounted_before(mounts, overlay.work_dir);
}

// Where the initrd has the root. systemd puts it before the mount point of such a line, but not before what stands in
// its options.
constexpr std::string_view kSysroot = "/sysroot";

std::string in_initrd(const std::string& path) { return std::string(kSysroot) + path; }

std::vector<std::string> all_in_initrd(std::vector<std::string> paths) {
  for (auto& path : paths) path = in_initrd(path);
  return paths;
}

recipe::Overlay as_mounted(recipe::Overlay overlay) {
  if (!overlay.in_initrd) return overlay;
  overlay.lower_dirs = all_in_initrd(overlay.lower_dirs);
  overlay.upper_dir = in_initrd(overlay.upper_dir);
  overlay.work_dir = in_initrd(overlay.work_dir);
  overlay.mount_dependencies = all_in_initrd(overlay.mount_dependencies);
  return overlay;
}

std::string fstab_line(const recipe::Overlay& given) {
  const recipe::Overlay overlay = as_mounted(given);
  std::string options = fmt::format("lowerdir={},upperdir={},workdir={}", joined(overlay.lower_dirs, ':'),
                                    overlay.upper_dir, overlay.work_dir);
  for (const auto& mount : overlay.mount_dependencies) options += ",x-systemd.requires=" + mount;
  if (!is_below(given.upper_dir, given.mount_point)) options += ",x-systemd.requires-mounts-for=" + overlay.upper_dir;
  if (overlay.in_initrd) options += fmt::format(",{},x-systemd.wanted-by=initrd-fs.target", kInInitrd);
  if (!overlay.mount_options.empty()) options += "," + overlay.mount_options;
  return fmt::format("overlay {} overlay {} 0 0\n", overlay.mount_point, options);
}

bool mounts_overlay_at(std::string_view line, std::string_view mount_point) {
  const auto words = split_words(line);
  return words.size() >= 3 && !words[0].starts_with('#') && words[1] == mount_point && words[2] == "overlay";
}

void add_to_fstab(const recipe::Overlay& overlay, const RootDir& root) {
  std::string text;
  const std::string before = root.find_text(kFstab).value_or("");
  auto lines = split(before, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (const auto line : lines) {
    if (!mounts_overlay_at(line, overlay.mount_point)) text += std::string(line) + "\n";
  }
  text += fstab_line(overlay);
  if (text != before) rewrite_file(root, kFstab, text);
}

void make_folders_of(const recipe::Overlay& overlay, const RootDir& root) {
  root.make_folders(overlay.mount_point);
  struct stat lower {};
  lower.st_mode = 0755;
  if (const auto found = root.status(overlay.lower_dirs.front()); found && S_ISDIR(found->st_mode)) lower = *found;
  if (!root.exists(overlay.upper_dir)) {
    root.make_folders(parent_of(overlay.upper_dir));
    root.make_folders(overlay.upper_dir, lower.st_mode & 07777, lower.st_uid, lower.st_gid);
  }
  root.make_folders(overlay.work_dir);
}

}  // namespace

bool holds_upper_on_root(const recipe::Overlay& overlay, const RootDir& root) {
  return holder_of(mounts_of(root), overlay.upper_dir) == nullptr;
}

std::vector<std::string> types_in_initrd(const RootDir& root) {
  std::set<std::string> types;
  for (const auto& mount : mounts_of(root)) {
    if (mount.in_initrd() && mount.point != "/" && mount.type != "auto" && mount.type != "none")
      types.insert(mount.type);
  }
  return {types.begin(), types.end()};
}

void apply_overlays(std::span<const recipe::Overlay> overlays, const RootDir& root) {
  for (const auto& overlay : overlays) {
    with_context(fmt::format("adding overlay '{}'", overlay.mount_point), [&] {
      if (overlay.in_initrd) check_in_initrd(overlay, root);
      make_folders_of(overlay, root);
      add_to_fstab(overlay, root);
    });
  }
}

}  // namespace keelson::os
