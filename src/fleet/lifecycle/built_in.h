/// data/lifecycle.yaml as this program was built with it, so that there is always some; a newer file may take its
/// place.
#pragma once

#include <string_view>

#include "fleet/lifecycle/lifecycle.h"

namespace keelson::fleet::lifecycle {

std::string_view built_in_text();

/// Parsed; the file was tested when the program was built.
inline Lifecycle built_in_lifecycle() { return parse_lifecycle(built_in_text(), "built-in lifecycle data"); }

}  // namespace keelson::fleet::lifecycle
