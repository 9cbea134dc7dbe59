/// Which suites the packages of an image that exists come from.
#pragma once

#include <string>
#include <vector>

#include "packages/deb/repository/suites.h"

namespace keelson::deb {

/// The system of the image, as its os-release(5) says.
struct ImageSystem {
  std::string id;        ///< "debian", "ubuntu"
  std::string codename;  ///< VERSION_CODENAME; may be ""
};

/// The recipe's distribution section when it has one; otherwise the image's own release from the host's mirrors, with
/// updates and security.
/// @throws Error(NotFound) when neither says where: the image is no Debian, has no code name, or the host has no
/// Debian mirror. Error(BadInput) as choose_suites().
std::vector<Suite> suites_for(const ImageSystem& image, const recipe::Distribution& distribution,
                              const HostAptConfiguration& host, const SuiteDefaults& defaults = {});

}  // namespace keelson::deb
