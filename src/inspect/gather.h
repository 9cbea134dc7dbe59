/// Reads out of a system's files what the collector asks inside a running machine (machine/collector.cpp), under the
/// same names and in the same form, so that the same functions (inventory/system_facts.h) understand it.
#pragma once

#include "inspect/system_files.h"
#include "inspect/walk.h"
#include "inventory/sections.h"

namespace keelson::inspect {

/// Whether there is an os-release: what has none is no system that anything could be said of.
bool is_system(const SystemFiles& files);

/// @param kernel the release whose configuration and modules are meant; "" for none.
inventory::Sections gather(const SystemFiles& files, const std::string& kernel, const WalkedTree& walked);

}  // namespace keelson::inspect
