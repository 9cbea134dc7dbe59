/// What an image says of its own customizations, where Image Customizer's users look for it:
/// /etc/image-customizer-release (the last one) and /usr/share/image-customizer/history.json (all of them, oldest
/// first). Source: Image Customizer's documentation, "Operation ordering" and "Image History".
#pragma once

#include <cstdint>

#include "base/sha256.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

inline constexpr const char* kReleaseFile = "etc/image-customizer-release";
inline constexpr const char* kHistoryFile = "usr/share/image-customizer/history.json";

/// Writes the release file, and appends the recipe to the history unless the recipe says `imageHistory: none`.
/// In the record passwords and SSH keys are "[redacted]", and each file that the recipe names has its SHA-256.
/// @param seed the image's UUID follows from it; @param epoch seconds since 1970, the time of both records.
/// @throws Error(BadInput) if the image's history is no JSON array.
void record_customization(const recipe::Recipe& recipe, const Sha256& seed, std::int64_t epoch, const RootDir& root);

}  // namespace keelson::factory
