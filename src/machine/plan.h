/// From a request to a machine: what QEMU, firmware, disk and kernel are there, and which accelerator works.
#pragma once

#include <filesystem>

#include "base/reporter.h"
#include "machine/boot.h"
#include "machine/qemu.h"

namespace keelson::machine {

/// Everything but credentials and ports. Scratch files go into `folder`.
MachinePlan plan_machine(const BootRequest& request, const std::filesystem::path& folder, Reporter& reporter);

}  // namespace keelson::machine
