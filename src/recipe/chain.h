/// A recipe and all that it builds on through baseConfigs, read and merged into one document.
///
/// Paths in `baseConfigs` are relative to the file that names them. Bases are applied in the order in which they are
/// named, each after its own bases; a file that is reached twice counts once. Untrusted: cycles are refused, depth and
/// number of files are bounded.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "recipe/document.h"
#include "recipe/view.h"

namespace keelson::recipe {

inline constexpr std::size_t kDeepestChain = 16;
inline constexpr std::size_t kMostChainFiles = 64;

/// The text of a file. @throws Error if it can't be read.
using ReadText = std::function<std::string(const std::filesystem::path&)>;

struct Chain {
  Node merged;
  std::vector<Source> sources;               ///< [0] is the recipe itself
  std::vector<std::filesystem::path> bases;  ///< in the order in which they are applied
};

/// Reads, checks each file's structure, and merges. Findings name the file they are in.
/// @param name the recipe's own path; its relative paths start from `folder`.
/// @return nothing when the recipe itself can't be read as YAML, or is empty.
std::optional<Chain> read_chain(std::string_view text, const std::filesystem::path& name,
                                const std::filesystem::path& folder, const ReadText& read, Findings& findings);

}  // namespace keelson::recipe
