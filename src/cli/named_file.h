/// Files that the command line names.
#pragma once

#include <filesystem>
#include <string_view>

namespace keelson::cli {

inline constexpr std::string_view kARecipe = "a recipe, such as recipes/container-host.yaml";
inline constexpr std::string_view kAnImage = "a disk image, or the root directory of a system";
inline constexpr std::string_view kAPolicy = "a policy, such as policies/container-host.yaml";

/// Nothing when the file is there, whatever it is; otherwise says what was probably meant: a file beside it with nearly
/// the same name or another ending, or a folder with nearly the name of one that is missing.
/// @param expected what belongs there, for a reader to whom no such file can be named ("a recipe, such as …").
/// @throws Error(NotFound) "cannot read 'X': no such file", with that hint.
void require_file(const std::filesystem::path& file, std::string_view expected);

}  // namespace keelson::cli
