/// Which facts an image that does not run can't tell.
#pragma once

#include <string_view>

namespace keelson::inventory {

/// Whether only a running machine tells this fact (a dotted path, as policies name it): what its kernel does, which
/// services came up, what came of trying something. A check of the hardening is named by its id:
/// "hardening.checks[id=mount:/tmp]".
bool only_running_machine_tells(std::string_view fact);

}  // namespace keelson::inventory
