/// What must not be in an image although installing packages leaves it there: traces of the build, secrets that
/// every machine must make for itself, caches that come back by themselves.
#pragma once

#include <span>
#include <string_view>

#include "sys/root_dir.h"

namespace keelson::os {

enum class CleanAction {
  Remove,            ///< the file or symlink `path`
  Empty,             ///< everything below the folder `path`, not the folder
  RemoveFilesBelow,  ///< every file below `path` at any depth; the folders stay, with owner and mode
  RemoveBySuffix,    ///< the files in `path` whose name ends in `pattern`
  RemoveByPrefix,    ///< the files in `path` whose name starts with `pattern`
};

struct CleanRule {
  CleanAction action;
  std::string_view path;
  std::string_view pattern;
  std::string_view reason;
};

/// The list itself, for the documentation and the tests.
std::span<const CleanRule> clean_rules();

/// Applies every rule. What is not there is no error. Package files and compiled Python stay untouched.
void clean_image(const RootDir& root);

}  // namespace keelson::os
