#include "image/container/choose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/harmless_text.h"

namespace keelson::image {

namespace {

constexpr std::size_t kMostListed = 10;

std::string words_for(const oci::Descriptor& image) {
  std::string words = image.name.empty() ? "sha256:" + image.digest.hex().substr(0, 12) : image.name.substr(0, 200);
  if (!image.architecture.empty())
    words += fmt::format(" ({}/{})", image.os.substr(0, 50), image.architecture.substr(0, 50));
  return harmless_text(words);
}

}  // namespace

oci::Descriptor choose_manifest(const std::vector<oci::Descriptor>& manifests, std::string_view architecture) {
  std::vector<oci::Descriptor> images;
  for (const auto& each : manifests) {
    if (each.is_attachment || each.architecture == "unknown") continue;
    const auto same = [&](const auto& known) { return known.digest == each.digest; };
    if (std::none_of(images.begin(), images.end(), same)) images.push_back(each);
  }
  if (images.empty()) throw Error(ErrorKind::BadInput, "cannot choose 'image': the layout holds none");
  if (images.size() == 1) return images.front();
  std::vector<oci::Descriptor> fitting;
  std::copy_if(images.begin(), images.end(), std::back_inserter(fitting), [&](const auto& each) {
    return each.architecture == architecture && (each.os.empty() || each.os == "linux");
  });
  if (fitting.size() == 1) return fitting.front();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(images.size(), kMostListed); ++i) names.push_back(words_for(images[i]));
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot choose 'image': the layout holds {}, and {} of them for linux/{}: {}{}", images.size(),
                  fitting.size(), architecture, fmt::join(names, ", "), images.size() > kMostListed ? " and more" : ""),
      "copy the one that is meant into a layout of its own: skopeo copy oci:LAYOUT:TAG oci:OTHER");
}

}  // namespace keelson::image
