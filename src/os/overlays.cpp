#include "os/overlays.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::string_view kFstab = "etc/fstab";

std::string joined(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : std::string(1, separator)) + part;
  return text;
}

bool is_below(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && (folder == "/" || path[folder.size()] == '/');
}

std::string fstab_line(const recipe::Overlay& overlay) {
  std::string options = fmt::format("lowerdir={},upperdir={},workdir={}", joined(overlay.lower_dirs, ':'),
                                    overlay.upper_dir, overlay.work_dir);
  for (const auto& mount : overlay.mount_dependencies) options += ",x-systemd.requires=" + mount;
  if (!is_below(overlay.upper_dir, overlay.mount_point))
    options += ",x-systemd.requires-mounts-for=" + overlay.upper_dir;
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

void apply_overlays(std::span<const recipe::Overlay> overlays, const RootDir& root) {
  for (const auto& overlay : overlays) {
    with_context(fmt::format("adding overlay '{}'", overlay.mount_point), [&] {
      if (overlay.in_initrd) {
        throw Error(ErrorKind::BadInput, "'isInitrdOverlay: true' is not supported yet",
                    "without it systemd mounts the overlay early at boot, after the root");
      }
      make_folders_of(overlay, root);
      add_to_fstab(overlay, root);
    });
  }
}

}  // namespace keelson::os
