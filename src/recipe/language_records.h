/// The keys of `os` about what an image says of itself.
#pragma once

#include <vector>

#include "recipe/language.h"

namespace keelson::recipe {

std::vector<Key> record_keys();

}  // namespace keelson::recipe
