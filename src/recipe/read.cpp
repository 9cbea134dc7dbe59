#include "recipe/read.h"

#include <fmt/format.h>

#include "base/error.h"
#include "recipe/read_parts.h"
#include "recipe/structure.h"
#include "sys/file.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

namespace {

Output read_output(const View& output, const Reading& reading) {
  const View image = output.at("image");
  Output result;
  result.format = image.at("format").text_or("");
  const View path = image.at("path");
  if (!path.given()) return result;
  result.path = reading.resolve(path.text_or(""));
  std::error_code ignored;
  if (fs::is_directory(result.path, ignored)) {
    reading.resource(path,
                     fmt::format("'{}' must name a file, and {} is a folder", path.path(), quote(path.text_or(""))));
  }
  return result;
}

Recipe read_values(const Node& root, const Reading& reading) {
  const View view(&root, {}, root.mark);
  Recipe recipe;
  recipe.distribution = read_distribution(view.at("distribution"), reading);
  recipe.os = read_os(view.at("os"), reading);
  recipe.storage = read_storage(view, reading);
  recipe.output = read_output(view.at("output"), reading);
  recipe.preview_features = view.at("previewFeatures").texts();
  return recipe;
}

/// Debian's names are stricter than the language's, which serves both families.
void check_package_names(const View& packages, const Reading& reading) {
  for (const auto& item : packages.at("install").items()) {
    const std::string name = item.text_or("");
    if (is_debian_package_spec(name)) continue;
    reading.rule(item, fmt::format("'{}' is no Debian package name: {}", item.path(), quote(name)),
                 "lower-case letters, digits, '+', '-' and '.'; a version follows after '='");
  }
}

}  // namespace

ReadResult parse_recipe(std::string_view text, const fs::path& name, const fs::path& folder) {
  Findings findings;
  ReadResult result;
  if (const auto root = parse_document(text, findings)) {
    const Reading reading(folder, findings);
    if (root->kind == Node::Kind::Null) {
      findings.add({.kind = FindingKind::Structure, .message = "the recipe is empty"});
    } else {
      check_structure(*root, recipe_section(), findings);
      result.recipe = read_values(*root, reading);
    }
    const View view(&*root, {}, root->mark);
    if (!result.recipe.distribution.release.empty()) check_package_names(view.at("os").at("packages"), reading);
  }
  result.recipe.file = name;
  result.recipe.name = name.stem().string();
  result.findings = findings.take_sorted();
  return result;
}

ReadResult read_recipe(const fs::path& file) {
  return parse_recipe(read_file(file, ByteCount{kMostDocumentBytes}), file, file.parent_path());
}

void check_findings(const fs::path& file, const std::vector<Finding>& findings) {
  if (!has_errors(findings)) return;
  std::string rendered = render_findings(file.string(), findings);
  rendered.pop_back();  // render() of an Error adds the line break
  throw Error(ErrorKind::BadInput, fmt::format("cannot use recipe '{}':\n{}", file.string(), rendered));
}

Recipe require_recipe(const fs::path& file) {
  ReadResult result = read_recipe(file);
  check_findings(file, result.findings);
  return std::move(result.recipe);
}

void check_has_distribution(const Recipe& recipe) {
  if (!recipe.distribution.release.empty()) return;
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot build '{}': the recipe does not say where its packages come from", recipe.file.string()),
      "add: distribution: {family: debian, release: trixie}");
}

}  // namespace keelson::recipe
