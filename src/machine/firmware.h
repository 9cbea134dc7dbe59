/// UEFI firmware for virtual machines, where distributions put it.
#pragma once

#include <filesystem>
#include <string>

namespace keelson::machine {

struct FirmwareFiles {
  std::filesystem::path code;       ///< read-only
  std::filesystem::path variables;  ///< a template: every machine gets its own copy
};

/// @param architecture "amd64" or "arm64". @param root where to look, "/" but in tests.
/// @throws Error(NotFound) naming the package that has it.
FirmwareFiles require_firmware(const std::string& architecture, const std::filesystem::path& root = "/");

}  // namespace keelson::machine
