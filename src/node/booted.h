/// What this node booted, and how each part of it is known. It is what the node says of itself: whoever is root on it
/// can make it say anything, as long as nothing outside (a TPM) is asked.
#pragma once

#include <string>
#include <vector>

#include "fleet/resources/node_record.h"
#include "node/live_root.h"

namespace keelson::node {

/// Where a value comes from, in the order of how much it proves.
enum class Source {
  Kernel,    ///< the running kernel says so
  Verity,    ///< the kernel checks every block that it reads from the root (or /usr) against it
  Program,   ///< the program was asked
  Disk,      ///< read from files: only as good as the disk they are on
  NotKnown,  ///< nothing tells
};

struct BootedPart {
  std::string what;   ///< as in the NodeRecord: "imageDigest"
  std::string value;  ///< "": not known
  Source source = Source::NotKnown;
  std::string how;  ///< "root hash of /", "/usr/lib/os-release, IMAGE_ID and IMAGE_VERSION", or why it isn't known
};

struct Booted {
  fleet::BootReport report;
  std::vector<BootedPart> parts;  ///< of the report, in the order of its members
};

/// @throws Error(Unavailable) when the kernel does not tell which boot it is; everything else may be not known.
Booted read_booted(const LiveRoot& root);

std::string_view source_name(Source source);  ///< "kernel", "verity", "program", "disk", "not known"

}  // namespace keelson::node
