/// What the collector tries in a machine that is in FIPS mode: cryptography that must be refused, and some that must
/// work.
#pragma once

#include <string_view>

namespace keelson::machine {

/// A function `fips_probe` for the collector's shell; it writes the sections fips-providers, fips-openssl, fips-kernel.
std::string_view fips_probe();

}  // namespace keelson::machine
