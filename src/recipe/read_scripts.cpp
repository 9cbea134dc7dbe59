// `scripts`, `iso` and `pxe`.
#include <fmt/format.h>

#include <algorithm>

#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

namespace {

bool is_below(const fs::path& path, const fs::path& given_folder) {
  // Empty: the recipe lies in the current folder.
  const fs::path folder = fs::absolute(given_folder.empty() ? fs::path(".") : given_folder).lexically_normal();
  const fs::path inside = fs::absolute(path).lexically_normal().lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

/// A script may read what lies in its recipe's folder, and so it must lie there itself. Whether there is a file at
/// another place is not looked at.
fs::path require_script(const View& at, const Reading& reading) {
  fs::path path = reading.resolve(at);
  if (path.empty() || is_below(path, reading.source_of(at).folder)) return reading.require_file(at);
  reading.resource(at, fmt::format("'{}' must lie below the recipe's folder: {}", at.path(), quote(at.text_or(""))),
                   "move the script there");
  return path;
}

Script read_script(const View& view, const Reading& reading) {
  Script script{.path = require_script(view.at("path"), reading),
                .content = view.at("content").text_or(""),
                .interpreter = view.at("interpreter").text_or(""),
                .arguments = view.at("arguments").texts(),
                .environment = view.at("environmentVariables").text_map(),
                .name = view.at("name").text_or(""),
                .folder = reading.source_of(view).folder,
                .network = view.at("network").boolean().value_or(false)};
  check_digest(view.at("sha256hash"), script.path, view.at("content").text(), reading);
  return script;
}

std::vector<Script> read_list(const View& list, const Reading& reading) {
  std::vector<Script> scripts;
  for (const auto& view : list.items()) scripts.push_back(read_script(view, reading));
  return scripts;
}

}  // namespace

Scripts read_scripts(const View& scripts, const Reading& reading) {
  return {.post_customization = read_list(scripts.at("postCustomization"), reading),
          .finalize_customization = read_list(scripts.at("finalizeCustomization"), reading)};
}

std::optional<LiveSystem> read_live_system(const View& view, const Reading& reading) {
  if (!view.given()) return std::nullopt;
  return LiveSystem{.additional_files = read_additional_files(view.at("additionalFiles"), reading),
                    .extra_kernel_command_line = read_kernel_command_line(view.at("kernelCommandLine"), reading),
                    .initramfs_type = view.at("initramfsType").text_or(""),
                    .keep_kdump_boot_files = view.at("kdumpBootFiles").text_or("none") == "keep",
                    .bootstrap_base_url = view.at("bootstrapBaseUrl").text_or(""),
                    .bootstrap_file_url = view.at("bootstrapFileUrl").text_or("")};
}

}  // namespace keelson::recipe
