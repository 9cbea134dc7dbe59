/// /var/lib/keelson/installed.json: which image was written where, by whoever wrote it (an update program). For systems
/// without dm-verity, whose images have nothing by which the kernel would tell them. docs/guide/node-agent.md has its
/// form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inspect/system_files.h"

namespace keelson::node {

inline constexpr std::string_view kInstalledImages = "/var/lib/keelson/installed.json";

struct InstalledImage {
  std::string name;          ///< of the release; "": not said
  std::string image_digest;  ///< "sha256:…"
};

/// The last entry whose `commandLine` (a word: "root=PARTUUID=…") is on the kernel's command line, or that has none.
/// Nothing when there is no file, or none of its entries is meant. @throws Error(BadInput) for a broken file.
std::optional<InstalledImage> find_installed_image(const inspect::SystemFiles& files, std::string_view command_line);

}  // namespace keelson::node
