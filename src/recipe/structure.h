/// Checks a document against the language: unknown keys, wrong types, missing keys, wrong words, bounds. What needs
/// several keys or the file system is checked where it is read (read_os.h, read_storage.h).
#pragma once

#include <string>

#include "recipe/document.h"
#include "recipe/language.h"

namespace keelson::recipe {

/// Adds a finding for each thing in `root` that `section` does not allow.
void check_structure(const Node& root, const Section& section, Findings& findings);

/// Where in the language a key of this name exists: "os.packages.install"; "" if nowhere or in several places.
std::string place_of_key(std::string_view name);

}  // namespace keelson::recipe
