/// What an image would boot: kernels, the entries of its boot loaders, unified kernel images.
/// Source: UAPI.1 Boot Loader Specification; UAPI.5 Unified Kernel Image; GNU GRUB manual 2.12 for grub.cfg.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// schema/facts.schema.json: kernels, bootEntries, ukis, initrds; and what follows from them.
struct BootChain {
  std::string kernel;                 ///< the release that boots when nobody chooses; "" when it can't be told
  std::string command_line;           ///< the kernel's; "" when nothing names one
  std::vector<std::string> releases;  ///< of the kernels that have modules or an image, oldest first
};

/// Adds its facts to `facts`.
BootChain put_boot_chain(nlohmann::json& facts, const SystemFiles& files);

}  // namespace keelson::inspect
