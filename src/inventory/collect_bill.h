/// Puts a bill of materials together from a system's own files.
#pragma once

#include <string>
#include <string_view>

#include "inventory/bill.h"
#include "inventory/system_reader.h"

namespace keelson::inventory {

/// Packages with licences and dependencies, and what the system calls itself. The rest of the bill is the caller's:
/// file, digests, epoch, inputs, version of the tool.
/// @throws Error(NotFound) for a system without dpkg's database and RPM's; Error(BadInput) if that is broken.
Bill collect_bill(const SystemReader& system);

/// The pairs of an os-release(5) file that tell who made the system; `image_id` and `image_version` are the keys
/// IMAGE_ID and IMAGE_VERSION. Untrusted; lines that are no assignment are skipped.
struct SystemRelease {
  Distribution distribution;
  std::string image_id;
  std::string image_version;
};
SystemRelease read_system_release(std::string_view text);

}  // namespace keelson::inventory
