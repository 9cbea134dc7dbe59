/// The variables of Secure Boot.
/// Spec: UEFI 2.10, section 3.3 (names and attributes), 32.4.1 (vendors); edk2's headers for what only edk2 has.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/uuid.h"

namespace keelson::efi {

inline constexpr std::string_view kGlobalVendor = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
inline constexpr std::string_view kDatabaseVendor = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
/// edk2: SecureBootEnable, 1 = check signatures.
inline constexpr std::string_view kSecureBootEnableVendor = "f0a30bc7-af08-4556-99c4-001009c93a44";
/// edk2: CustomMode, 0 = keys change by signed variables only.
inline constexpr std::string_view kCustomModeVendor = "c076ec0c-7028-4399-a072-71ee5c448b9f";

// Section 8.2: attributes.
inline constexpr std::uint32_t kNonVolatile = 0x01;
inline constexpr std::uint32_t kBootService = 0x02;
inline constexpr std::uint32_t kRuntime = 0x04;
inline constexpr std::uint32_t kTimeBasedSigned = 0x20;
inline constexpr std::uint32_t kKeyAttributes = kNonVolatile | kBootService | kRuntime | kTimeBasedSigned;

/// One of the three that hold keys, in the order in which they must be enrolled: with PK the firmware closes.
struct KeyVariable {
  std::string_view name;
  std::string_view vendor;
};
inline constexpr std::array<KeyVariable, 3> kKeyVariables{
    {{"db", kDatabaseVendor}, {"KEK", kGlobalVendor}, {"PK", kGlobalVendor}}};

}  // namespace keelson::efi
