#include "machine/firmware.h"

#include <fmt/format.h>

#include <array>

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

}  // namespace

FirmwareFiles require_firmware(const std::string& architecture, const std::filesystem::path& root) {
  for (const auto& place : kPlaces) {
    std::error_code error;
    const FirmwareFiles files{root / place.code, root / place.variables};
    if (place.architecture != architecture) continue;
    if (std::filesystem::is_regular_file(files.code, error) && std::filesystem::is_regular_file(files.variables, error))
      return files;
  }
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot find 'UEFI firmware for {}': it is in none of the usual places", architecture),
              fmt::format("install the package {}, or boot the kernel directly with --firmware direct",
                          architecture == "arm64" ? "qemu-efi-aarch64" : "ovmf"));
}

}  // namespace keelson::machine
