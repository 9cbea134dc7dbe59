/// A bill of materials: what a system is made of, whatever format it is written down in (spdx.h, cyclonedx.h).
/// Everything in it that was read from a system is untrusted text; who writes it down makes it safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "crypto/sha1.h"
#include "inventory/copyright.h"
#include "inventory/package_url.h"
#include "inventory/packages.h"

namespace keelson::inventory {

struct BillPackage {
  Package package;
  PackageLicense license;
  std::vector<std::size_t> depends_on;  ///< places in Bill::packages
  std::optional<Sha256> archive;        ///< of the .deb file, from the lock
};

struct BillFile {
  std::string path;  ///< "/usr/bin/bash"; any bytes
  Sha1 sha1;         ///< SPDX demands it
  Sha256 sha256;
  std::optional<std::size_t> package;  ///< whose it is: place in Bill::packages; nothing when no package has it
};

/// What an image was made from: the recipe, the lock, the image that was customised.
struct BuildInput {
  enum class Kind { Recipe, Lock, BaseImage };
  Kind kind = Kind::Recipe;
  std::string file;  ///< name without a folder
  Sha256 sha256;
};

struct Bill {
  std::string name;     ///< of the image, or of the system when it is in no image
  std::string version;  ///< "" when unknown
  Distribution distribution;
  std::string image_file;             ///< "container-host.qcow2"; "" when the system is in no file
  std::optional<Sha256> image;        ///< of that file
  std::int64_t epoch = 0;             ///< seconds since 1970: when the system was put together; no clock is read
  std::string tool_version;           ///< Keelson's
  std::vector<BillPackage> packages;  ///< sorted by name, then architecture
  std::vector<BillFile> files;        ///< sorted by path; empty when they were not asked for
  std::vector<BuildInput> inputs;     ///< empty when it is not known what the image was built from
};

}  // namespace keelson::inventory
