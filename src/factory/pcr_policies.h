/// Signed policies for PCR 11 in unified kernel images: what `os.secureBoot.pcrKey` asks for.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/private_key.h"

namespace keelson::factory {

/// The text of .pcrsig for an image that is complete but for it: a policy for each point of the boot, by what the image
/// will have measured until then. The policies themselves are not measured.
std::string signed_policies(const PrivateKey& key, ByteView uki, std::string_view name);

/// An image (of an ESP) with that command line and policies of that key, and with everything else as it is.
/// @throws Error(BadInput) as uki::write_with_command_line().
std::string with_policies(const PrivateKey& key, ByteView uki, std::string_view name, std::string_view command_line);

}  // namespace keelson::factory
