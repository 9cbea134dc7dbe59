/// From a recipe's text to a Recipe, with every finding of one run.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "recipe/findings.h"
#include "recipe/recipe.h"

namespace keelson::recipe {

struct ReadResult {
  Recipe recipe;  ///< to be used only when no finding is an error
  std::vector<Finding> findings;
};

/// Reads a recipe file and the files that it names (package lists, SSH keys). Paths in it start from its folder.
/// @throws Error(NotFound …) only if the file itself can't be read; what is wrong in it becomes findings.
ReadResult read_recipe(const std::filesystem::path& file);

/// The same for text at hand. Untrusted: see document.h for the bounds.
/// @param name what Recipe::file and Recipe::name say. @param folder where relative paths start.
ReadResult parse_recipe(std::string_view text, const std::filesystem::path& name, const std::filesystem::path& folder);

/// The recipe, if nothing is wrong with it. Warnings are not lost on callers that want them: use read_recipe().
/// @throws Error(BadInput) whose message holds all findings, rendered.
Recipe require_recipe(const std::filesystem::path& file);

/// Throws that error if one of the findings is an error.
void check_findings(const std::filesystem::path& file, const std::vector<Finding>& findings);

/// What composing an image from packages needs beyond a valid recipe: a distribution.
/// @throws Error(BadInput) if the recipe has none.
void check_has_distribution(const Recipe& recipe);

}  // namespace keelson::recipe
