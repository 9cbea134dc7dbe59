/// What a release says of itself, as files that an update program leaves on the node beside the image that it installs:
/// the image's manifest (<image>.manifest.json), its facts (`keelson inspect --json`), and its bill with every file
/// (`keelson sbom --files`, SPDX). Each may be missing: then less can be compared.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "inventory/packages.h"
#include "node/config.h"
#include "node/live_root.h"

namespace keelson::node {

struct Reference {
  std::optional<std::vector<inventory::Package>> packages;  ///< of the manifest
  std::string kernel;                                       ///< release; "": not said
  std::string command_line;                                 ///< likewise
  nlohmann::json facts;                                     ///< null: none
  std::optional<std::map<std::string, std::string>> files;  ///< "/usr/bin/x" to its SHA-256 in hexadecimal digits
  std::vector<std::string> told;                            ///< what was read, and what vouches for it
};

/// @param manifest_hash that the operation named by which this image came; "": not known.
/// @throws Error(NotFound) for a configured file that is not there; Error(BadInput) for one that is broken, or for a
/// manifest of other packages than the release has.
Reference read_reference(const LiveRoot& root, const AuditConfig& config, const std::string& manifest_hash);

}  // namespace keelson::node
