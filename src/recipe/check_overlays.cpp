#include <fmt/format.h>

#include <set>

#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

std::string normal(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

bool lies_in(const std::string& path, const std::string& folder) {
  return path.starts_with(folder == "/" ? folder : folder + "/");
}

/// The kernel refuses an overlay whose upper and work folders overlap.
void check_upper_and_work(const View& overlay, const Reading& reading) {
  const View work_view = overlay.at("workDir");
  const auto given_upper = overlay.at("upperDir").text();
  const auto given_work = work_view.text();
  if (!given_upper || !given_work || given_upper->empty() || given_work->empty()) return;
  const std::string upper = normal(*given_upper);
  const std::string work = normal(*given_work);
  if (upper == work) {
    reading.rule(work_view, fmt::format("'{}' and 'upperDir' must be two folders", work_view.path()));
  } else if (lies_in(work, upper) || lies_in(upper, work)) {
    reading.rule(work_view, fmt::format("'{}' and 'upperDir' must not lie inside each other", work_view.path()),
                 "put them side by side");
  }
}

void check_once(const View& at, std::set<std::string>& seen, const Reading& reading) {
  const auto text = at.text();
  if (!text || text->empty() || seen.insert(normal(*text)).second) return;
  reading.rule(at, fmt::format("'{}' is used by two overlays: {}", at.path(), quote(*text)));
}

}  // namespace

void check_overlays(const View& overlays, const Reading& reading) {
  std::set<std::string> mounts;
  std::set<std::string> uppers;
  std::set<std::string> works;
  for (const auto& overlay : overlays.items()) {
    check_once(overlay.at("mountPoint"), mounts, reading);
    check_once(overlay.at("upperDir"), uppers, reading);
    check_once(overlay.at("workDir"), works, reading);
    check_upper_and_work(overlay, reading);
  }
}

std::vector<Overlay> read_overlays(const View& overlays, const Reading& reading) {
  check_overlays(overlays, reading);
  std::vector<Overlay> result;
  for (const auto& view : overlays.items()) {
    result.push_back({.mount_point = view.at("mountPoint").text_or(""),
                      .lower_dirs = view.at("lowerDirs").texts(),
                      .upper_dir = view.at("upperDir").text_or(""),
                      .work_dir = view.at("workDir").text_or(""),
                      .in_initrd = view.at("isInitrdOverlay").boolean().value_or(false),
                      .mount_dependencies = view.at("mountDependencies").texts(),
                      .mount_options = view.at("mountOptions").text_or("")});
  }
  return result;
}

}  // namespace keelson::recipe
