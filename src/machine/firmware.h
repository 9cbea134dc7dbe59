/// UEFI firmware for virtual machines, where distributions put it.
#pragma once

#include <filesystem>
#include <string>

namespace keelson::machine {

struct FirmwareFiles {
  std::filesystem::path code;       ///< read-only
  std::filesystem::path variables;  ///< a template: every machine gets its own copy
  bool secure = false;              ///< enforces Secure Boot; on amd64 it protects its variables by SMM
};

/// @param architecture "amd64" or "arm64". @param root where to look, "/" but in tests.
/// @throws Error(NotFound) naming the package that has it.
FirmwareFiles require_firmware(const std::string& architecture, const std::filesystem::path& root = "/");

/// Firmware that can enforce Secure Boot, with variables that hold no keys yet. As above.
FirmwareFiles require_secure_firmware(const std::string& architecture, const std::filesystem::path& root = "/");

}  // namespace keelson::machine
