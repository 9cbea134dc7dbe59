/// A document's tree as YAML text, in block style: what document.h reads of it is the same tree.
/// Specification: YAML 1.2.2.
#pragma once

#include <string>

#include "recipe/document.h"

namespace keelson::recipe {

/// Ends in a newline; no comments.
std::string write_yaml(const Node& root);

}  // namespace keelson::recipe
