/// What takes the space, as a drawing and as a table.
#pragma once

#include <string>

#include "inspect/report/space.h"

namespace keelson::inspect {

/// A treemap as SVG, every folder with its path and size as a title, beside a table that says the same in words.
std::string space_section(const SpaceFolder& root);

}  // namespace keelson::inspect
