/// The flash image in which edk2's firmware keeps its variables: read, and given further ones, so that a virtual
/// machine starts with keys enrolled.
/// Spec: UEFI Platform Initialization 1.8, volume 3, section 3.2.1 (firmware volume header); edk2,
/// MdeModulePkg/Include/Guid/VariableFormat.h (VARIABLE_STORE_HEADER, AUTHENTICATED_VARIABLE_HEADER).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"
#include "formats/efi/time.h"

namespace keelson::efi {

struct Variable {
  std::string name;  ///< ASCII; other characters are read as '?'
  Uuid vendor;
  std::uint32_t attributes = 0;
  Time time;  ///< zero but for signed ones
  Bytes data;
};

/// The variables that are not deleted, in their order. @param image untrusted. @throws Error(BadInput) naming the rule
/// broken, or that it is a store without room for signed variables.
std::vector<Variable> parse_variables(ByteView image, std::string_view name);

/// The image with these variables added; older ones of the same name and vendor are deleted.
/// @throws Error(BadInput) as above, or if they do not fit.
Bytes add_variables(ByteView image, std::string_view name, std::span<const Variable> variables);

}  // namespace keelson::efi
