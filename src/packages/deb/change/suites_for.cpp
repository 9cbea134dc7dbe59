#include "packages/deb/change/suites_for.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::deb {

std::vector<Suite> suites_for(const ImageSystem& image, const recipe::Distribution& distribution,
                              const HostAptConfiguration& host, const SuiteDefaults& defaults) {
  if (!distribution.release.empty()) return choose_suites(distribution, host, defaults);
  if (image.id != "debian") {
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot find packages for '{}': the recipe names no mirror, and the host's are Debian's",
                            image.id.empty() ? "the image" : image.id),
                fmt::format("add a distribution section: release{}, mirror (a URL) and keyring",
                            image.codename.empty() ? "" : fmt::format(" {}", image.codename)));
  }
  if (image.codename.empty()) {
    throw Error(ErrorKind::NotFound, "cannot find packages for the image: its os-release has no VERSION_CODENAME",
                "add a distribution section with the release, for example 'sid'");
  }
  recipe::Distribution own = distribution;
  own.release = image.codename;
  return choose_suites(own, host, defaults);
}

}  // namespace keelson::deb
