#include "cli/package_options.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/error.h"
#include "recipe/syntax.h"

namespace keelson::cli {

Option snapshot_time_option(std::string& target) {
  return {"--package-snapshot-time", "TIME",
          "packages as they were then: a date, or an RFC 3339 time [the recipe's os.packages.snapshotTime]", &target};
}

Option package_source_option(std::vector<std::string>& target) {
  return {"--rpm-source,--package-source", "FOLDER",
          "a folder with .deb files, a further source of packages; nobody signed them, you vouch for them", &target};
}

void check_snapshot_time(const std::string& time) {
  if (time.empty() || recipe::kTimestamp.matches(time)) return;
  throw Error(ErrorKind::Usage, fmt::format("cannot use --package-snapshot-time '{}': it is no date or time", time),
              std::string(recipe::kTimestamp.rule));
}

Option script_timeout_option(std::string& target) {
  return {"--script-timeout", "TIME",
          "how long a script of the recipe may take, or one run of the scripts of packages: seconds, 10m, 1h [30m]",
          &target};
}

std::chrono::seconds script_timeout(const std::string& text) {
  constexpr std::chrono::minutes kPatience{30};
  return parse_duration(text).value_or(kPatience);
}

void check_script_timeout(const std::string& text) {
  if (text.empty()) return;
  const auto duration = parse_duration(text);
  if (duration && duration->count() >= 1 && duration <= std::chrono::hours(24)) return;
  throw Error(ErrorKind::Usage, fmt::format("cannot use --script-timeout '{}': it is no duration", text),
              "a whole number of seconds, or with s, m or h behind it, up to 24h: 90s, 10m");
}

std::vector<RefusedOption> refused_customizer_options() {
  return {
      {"--image", "images are not downloaded yet", "fetch the image, and name it with --image-file"},
      {"--image-cache-dir", "images are not downloaded yet", "what is downloaded otherwise is kept in --cache-dir"},
      {"--cosi-compression-level", "COSI is not among the formats yet", "see --output-image-format"},
      {"--output-selinux-policy-path", "the SELinux policy is not handed out yet", {}},
      {"--setfiles-context", "no SELinux label is set yet", {}},
      {"--tools-dir", "the image's own package manager is used, in a sandbox", "leave the option out"},
      {"--output-pxe-artifacts-dir", "network boot is not among the formats yet", "see --output-image-format"},
      {"--output-split-partitions-format", "partitions are not written one by one", "see --output-image-format"},
      {"--shrink-filesystems", "free space of a file system takes no space in the result anyway",
       "leave the option out"},
      {"--enable-shrink-filesystems", "free space of a file system takes no space in the result anyway",
       "leave the option out"},
      {"--require-signed-rpms", "packages are always verified against the archive's signature", "leave the option out"},
      {"--require-signed-rootfs-root-hash", "verity is not done yet", {}},
      {"--preview-feature", "preview features are named in the recipe", "add it to previewFeatures"},
      {"--log-file", "progress and errors go to standard error", "redirect it: 2> FILE"},
      {"--log-color", "nothing that is logged has a colour", "leave the option out"},
      {"--disable-telemetry", "there is no telemetry that could be switched off", "leave the option out"},
      {"--timestamp-file", "times of the steps are not kept in a file", "see --json"}};
}

}  // namespace keelson::cli
