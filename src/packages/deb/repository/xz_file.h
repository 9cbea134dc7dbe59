/// Decompresses a whole .xz file that somebody else's digest bounds.
#pragma once

#include <filesystem>

#include "base/sha256.h"
#include "base/units.h"

namespace keelson::deb {

/// Decompresses `source` into the new file `destination`, which must come out with exactly this size and digest.
/// Memory: at most 192 MiB for the dictionary. @param name what messages call the content.
/// Source: The .xz File Format 1.2.
/// @throws Error(Refused) if the result is another; Error(BadInput) if the source is no .xz.
void decompress_xz(const std::filesystem::path& source, const std::filesystem::path& destination, ByteCount size,
                   const Sha256& sha256, std::string_view name);

}  // namespace keelson::deb
