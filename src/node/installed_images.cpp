#include "node/installed_images.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_findings.h"
#include "base/text.h"
#include "kube/json_text.h"
#include "node/digest_text.h"

namespace keelson::node {

namespace {

constexpr std::size_t kMostImages = 64;
constexpr std::array<std::string_view, 1> kKeys{"images"};
constexpr std::array<std::string_view, 3> kImageKeys{"commandLine", "name", "imageDigest"};

}  // namespace

std::optional<InstalledImage> find_installed_image(const inspect::SystemFiles& files, std::string_view command_line) {
  const auto text = files.text(kInstalledImages, kibibytes(64));
  if (!text) return std::nullopt;
  const auto document = kube::parse_json(*text, kInstalledImages);
  JsonFindings findings;
  const JsonPlace whole(&document, "installed images", findings);
  whole.check_members(kKeys);
  const auto words = split_words(command_line);
  std::optional<InstalledImage> found;
  for (const auto& entry : whole.require("images").list(0, kMostImages)) {
    entry.check_members(kImageKeys);
    const auto digest = entry.require("imageDigest").text();
    if (digest && !is_digest(*digest)) entry.member("imageDigest").wrong("is no digest, such as sha256:…");
    const auto word = entry.member("commandLine").text(1024);
    if (word && std::find(words.begin(), words.end(), *word) == words.end()) continue;
    found = InstalledImage{entry.member("name").text(253).value_or(""), digest.value_or("")};
  }
  findings.refuse_if_any("installed images", kInstalledImages);
  return found;
}

}  // namespace keelson::node
