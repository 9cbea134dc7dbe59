/// Gates as fleet/gates/read_gates.h reads them: a pool's gates become those of its rollouts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "fleet/gates/gates.h"

namespace keelson::fleet {

/// Every value is written, also those that nobody had to write.
nlohmann::json gates_json(const std::vector<Gate>& gates);

}  // namespace keelson::fleet
