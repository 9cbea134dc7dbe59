/// What a resolution is asked for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/sha256.h"

namespace keelson::deb {

/// One package index that takes part. Its text was verified against the signed Release file by the caller.
struct IndexSource {
  std::filesystem::path packages_text;  ///< uncompressed Packages file
  Sha256 sha256;                        ///< of that text: names it in caches
  std::string base_url;                 ///< of the archive; a package's URL is base_url + "/" + Filename
  std::string suite;                    ///< "trixie-security", for messages
  std::string component;                ///< "main"
};

/// A package that the caller supplies itself: it takes part in solving, is preferred over real packages for what it
/// provides, and is not in the lock. It gives way when something that is asked for conflicts with it.
struct ProvidedPackage {
  std::string name;
  std::string version;
  std::vector<std::string> provides;  ///< "linux-initramfs-tool" or "foo (= 1.2)"
};

struct Goal {
  std::vector<std::string> install;  ///< "name" or "name=version"
  std::string architecture;          ///< "amd64", "arm64"
  bool recommends = false;           ///< also what the packages recommend
  std::vector<ProvidedPackage> provided;
};

}  // namespace keelson::deb
