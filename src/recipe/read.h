/// From a recipe's text to a Recipe, with every finding of one run.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/findings.h"
#include "recipe/recipe.h"

namespace keelson::recipe {

struct ReadResult {
  Recipe recipe;  ///< to be used only when no finding is an error
  std::vector<Finding> findings;
};

/// What a command line adds to a recipe, as far as rules ask for it.
struct CommandLine {
  std::string input_image;    ///< overrides input.image
  std::string output_file;    ///< overrides output.image.path
  std::string output_format;  ///< overrides output.image.format
  bool no_base_repositories = false;
  bool has_package_source = false;  ///< --rpm-source
};

struct ReadOptions {
  /// What a recipe asks for and this version can't do: an error for those who build, a warning for those who only
  /// want to know whether the recipe is right.
  bool unsupported_is_error = true;
  /// A preview feature that is used and not named in previewFeatures: a warning, or an error as Image Customizer has
  /// it.
  bool missing_preview_is_error = false;
  /// Look whether the files exist that the recipe names.
  bool check_files = true;
  CommandLine command_line{};
  /// How the recipes in baseConfigs are read; empty: from the file system, regular files only.
  std::function<std::string(const std::filesystem::path&)> read_text{};
};

/// Reads a recipe file and the files that it names (package lists, SSH keys). Paths in it start from its folder.
/// @throws Error(NotFound …) only if the file itself can't be read; what is wrong in it becomes findings.
ReadResult read_recipe(const std::filesystem::path& file, const ReadOptions& options = {});

/// The same for text at hand. Untrusted: see document.h for the bounds.
/// @param name what Recipe::file and Recipe::name say. @param folder where relative paths start.
ReadResult parse_recipe(std::string_view text, const std::filesystem::path& name, const std::filesystem::path& folder,
                        const ReadOptions& options = {});

/// The documents that recipes have to do with.
enum class DocumentKind { Recipe, PackageList, InjectFiles };

struct CheckResult {
  DocumentKind kind = DocumentKind::Recipe;
  std::vector<Finding> findings;
};

/// All that is wrong with a document of any kind. @throws Error(NotFound …) if the file itself can't be read.
CheckResult check_document(const std::filesystem::path& file, const ReadOptions& options);

/// The same for text at hand.
CheckResult check_document_text(std::string_view text, const std::filesystem::path& name,
                                const std::filesystem::path& folder, const ReadOptions& options);

/// A document that says which signed files go where in an image.
/// @throws Error(BadInput) whose message holds all findings.
std::vector<InjectFile> require_inject_files(const std::filesystem::path& file);

/// The recipe, if nothing is wrong with it. Warnings are not lost on callers that want them: use read_recipe().
/// @throws Error(BadInput) whose message holds all findings, rendered.
Recipe require_recipe(const std::filesystem::path& file);

/// Throws that error if one of the findings is an error.
void check_findings(const std::filesystem::path& file, const std::vector<Finding>& findings);

/// What composing an image from packages needs beyond a valid recipe: a distribution.
/// @throws Error(BadInput) if the recipe has none.
void check_has_distribution(const Recipe& recipe);

}  // namespace keelson::recipe
