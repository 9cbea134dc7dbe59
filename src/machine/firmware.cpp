#include "machine/firmware.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>

#include "base/error.h"

namespace keelson::machine {

namespace {

struct Place {
  std::string_view architecture;
  std::string_view code;
  std::string_view variables;
};

// Code and variables must be of one size. Debian first, then Fedora's edk2, Arch's and QEMU's own.
constexpr std::array<Place, 8> kPlaces{{
    {"amd64", "usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"},
    {"amd64", "usr/share/OVMF/OVMF_CODE.fd", "usr/share/OVMF/OVMF_VARS.fd"},
    {"amd64", "usr/share/edk2/ovmf/OVMF_CODE.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"},
    {"amd64", "usr/share/edk2/x64/OVMF_CODE.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"},
    {"amd64", "usr/share/qemu/edk2-x86_64-code.fd", "usr/share/qemu/edk2-i386-vars.fd"},
    {"arm64", "usr/share/AAVMF/AAVMF_CODE.fd", "usr/share/AAVMF/AAVMF_VARS.fd"},
    {"arm64", "usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "usr/share/edk2/aarch64/vars-template-pflash.raw"},
    {"arm64", "usr/share/qemu/edk2-aarch64-code.fd", "usr/share/qemu/edk2-arm-vars.fd"},
}};

// Debian, Fedora, Arch. On amd64 only these are built so that an operating system can't write their variables.
constexpr std::array<Place, 5> kSecurePlaces{{
    {"amd64", "usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "usr/share/OVMF/OVMF_VARS_4M.fd"},
    {"amd64", "usr/share/OVMF/OVMF_CODE.secboot.fd", "usr/share/OVMF/OVMF_VARS.fd"},
    {"amd64", "usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "usr/share/edk2/ovmf/OVMF_VARS.fd"},
    {"amd64", "usr/share/edk2/x64/OVMF_CODE.secboot.4m.fd", "usr/share/edk2/x64/OVMF_VARS.4m.fd"},
    {"arm64", "usr/share/AAVMF/AAVMF_CODE.secboot.fd", "usr/share/AAVMF/AAVMF_VARS.fd"},
}};

std::optional<FirmwareFiles> find_in(std::span<const Place> places, const std::string& architecture,
                                     const std::filesystem::path& root) {
  for (const auto& place : places) {
    std::error_code error;
    FirmwareFiles files{root / place.code, root / place.variables};
    if (place.architecture != architecture) continue;
    if (std::filesystem::is_regular_file(files.code, error) && std::filesystem::is_regular_file(files.variables, error))
      return files;
  }
  return std::nullopt;
}

std::string_view package_of(const std::string& architecture) {
  return architecture == "arm64" ? "qemu-efi-aarch64" : "ovmf";
}

}  // namespace

FirmwareFiles require_secure_firmware(const std::string& architecture, const std::filesystem::path& root) {
  if (auto found = find_in(kSecurePlaces, architecture, root)) {
    found->secure = true;
    return std::move(*found);
  }
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot find 'UEFI firmware with Secure Boot for {}': it is in none of the usual places",
                          architecture),
              fmt::format("install the package {}", package_of(architecture)));
}

FirmwareFiles require_firmware(const std::string& architecture, const std::filesystem::path& root) {
  if (auto found = find_in(kPlaces, architecture, root)) return std::move(*found);
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot find 'UEFI firmware for {}': it is in none of the usual places", architecture),
              fmt::format("install the package {}, or boot the kernel directly with --firmware direct",
                          package_of(architecture)));
}

}  // namespace keelson::machine
