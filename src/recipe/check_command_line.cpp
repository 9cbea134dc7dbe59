// Rules that hold or break only together with the command line: which image comes in, which format goes out.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

/// The formats whose making needs the package manager inside the image.
constexpr std::array<std::string_view, 5> kNeedPackageManager{"iso", "pxe-dir", "pxe-tar", "cosi", "baremetal-image"};

void check_input_file(const View& root, const CommandLine& line, const Reading& reading) {
  const View path = root.below("input.image.path");
  if (line.input_image.empty() && path.given()) reading.require_file(path);
}

/// A live ISO holds a squashed system: there is no disk to lay out anew.
void check_iso_input(const View& root, const CommandLine& line, const Reading& reading) {
  const std::string input = line.input_image.empty() ? root.below("input.image.path").text_or("") : line.input_image;
  if (!input.ends_with(".iso")) return;
  for (const auto* key : {"disks", "resetPartitionsUuidsType", "verity", "reinitializeVerity"}) {
    const View view = root.at("storage").at(key);
    if (!view.holds_something() || view.text_or("") == "none") continue;
    reading.rule(view, fmt::format("'{}' can't be used with an ISO as the base image", view.path()),
                 "start from a disk image");
  }
}

void check_package_manager(const View& root, const CommandLine& line, const Reading& reading) {
  const View remove = root.below("os.packages.removePackageManager");
  if (!remove.boolean().value_or(false)) return;
  const std::string format =
      line.output_format.empty() ? root.below("output.image.format").text_or("") : line.output_format;
  for (const auto needs : kNeedPackageManager) {
    if (format != needs) continue;
    reading.rule(remove, fmt::format("'{}' can't be used with the output format '{}'", remove.path(), format),
                 "choose a disk format");
  }
}

void check_package_source(const View& root, const CommandLine& line, const Reading& reading) {
  if (!line.no_base_repositories || line.has_package_source || root.at("distribution").given()) return;
  for (const auto* key : {"install", "installLists", "update", "updateLists"}) {
    const View view = root.below("os.packages").at(key);
    if (!view.holds_something()) continue;
    reading.rule(view, fmt::format("'{}' needs a source of packages", view.path()),
                 "add a distribution section, or use the base image's repositories");
  }
}

}  // namespace

void check_command_line(const View& root, const CommandLine& line, const Reading& reading) {
  check_input_file(root, line, reading);
  check_iso_input(root, line, reading);
  check_package_manager(root, line, reading);
  check_package_source(root, line, reading);
}

}  // namespace keelson::recipe
