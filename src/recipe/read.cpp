#include "recipe/read.h"

#include <fmt/format.h>

#include "base/error.h"
#include "recipe/chain.h"
#include "recipe/constraints.h"
#include "recipe/hardening_profiles.h"
#include "recipe/language.h"
#include "recipe/read_parts.h"
#include "recipe/structure.h"
#include "sys/file.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

namespace {

Recipe read_values(const View& view, const Reading& reading) {
  Recipe recipe;
  recipe.distribution = read_distribution(view.at("distribution"), reading);
  recipe.os = read_os(view.at("os"), reading);
  recipe.storage = read_storage(view, reading);
  if (recipe.storage) close_mounts(*recipe.storage, recipe.os.hardening);
  recipe.base_layout = read_base_layout(view.at("storage"));
  recipe.input = read_input(view.at("input").at("image"), reading);
  recipe.output = read_output(view.at("output"), reading);
  recipe.scripts = read_scripts(view.at("scripts"), reading);
  recipe.iso = read_live_system(view.at("iso"), reading);
  recipe.pxe = read_live_system(view.at("pxe"), reading);
  recipe.preview_features = view.at("previewFeatures").texts();
  return recipe;
}

/// Debian's names are stricter than the language's, which serves both families.
void check_package_names(const View& packages, const Reading& reading) {
  for (const auto* key : {"install", "remove", "update"}) {
    for (const auto& item : packages.at(key).items()) {
      const std::string name = item.text_or("");
      if (is_debian_package_spec(name)) continue;
      reading.rule(item, fmt::format("'{}' is no Debian package name: {}", item.path(), quote(name)),
                   "lower-case letters, digits, '+', '-' and '.'; a version follows after '='");
    }
  }
}

std::string read_regular_file(const fs::path& file) {
  std::error_code ignored;
  const auto status = fs::status(file, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no regular file", file.string()));
  }
  return read_file(file, ByteCount{kMostDocumentBytes});
}

/// What the caller thinks of findings that are no mistakes.
std::vector<Finding> weighed(std::vector<Finding> findings, const ReadOptions& options) {
  if (!options.check_files) {
    std::erase_if(findings, [](const Finding& finding) { return finding.kind == FindingKind::Resource; });
  }
  if (!options.unsupported_is_error) {
    std::erase_if(findings, [](const Finding& finding) { return finding.kind == FindingKind::ForBases; });
  }
  for (auto& finding : findings) {
    if (finding.kind == FindingKind::Unsupported && !options.unsupported_is_error) {
      finding.severity = Severity::Warning;
      finding.hint = "the recipe is right, but a build refuses it";
    }
    if (finding.kind == FindingKind::Preview && options.missing_preview_is_error) finding.severity = Severity::Error;
  }
  return findings;
}

}  // namespace

ReadResult parse_recipe(std::string_view text, const fs::path& name, const fs::path& folder,
                        const ReadOptions& options) {
  Findings findings;
  ReadResult result;
  const ReadText read = options.read_text ? options.read_text : read_regular_file;
  if (const auto chain = read_chain(text, name, folder, read, findings)) {
    const Reading reading(chain->sources, findings);
    const View view(&chain->merged, {}, chain->merged.mark);
    check_constraints(view, recipe_section(), [&](const View& at, std::string message, std::string hint) {
      reading.rule(at, std::move(message), std::move(hint));
    });
    result.recipe = read_values(view, reading);
    result.recipe.base_configs = chain->bases;
    if (!result.recipe.distribution.release.empty()) check_package_names(view.at("os").at("packages"), reading);
    check_command_line(view, options.command_line, reading);
  }
  result.recipe.file = name;
  result.recipe.name = name.stem().string();
  result.findings = weighed(findings.take_sorted(), options);
  return result;
}

ReadResult read_recipe(const fs::path& file, const ReadOptions& options) {
  return parse_recipe(read_file(file, ByteCount{kMostDocumentBytes}), file, file.parent_path(), options);
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

namespace {

DocumentKind kind_of(const Node& root) {
  if (root.find("injectFiles") != nullptr) return DocumentKind::InjectFiles;
  const bool list = root.entries.size() == 1 && root.find("packages") != nullptr;
  return list ? DocumentKind::PackageList : DocumentKind::Recipe;
}

std::vector<InjectFile> read_inject_files(const Node& root, const fs::path& folder, Findings& findings) {
  const std::vector<Source> sources{{.file = {}, .folder = folder}};
  const Reading reading(sources, findings);
  std::vector<InjectFile> files;
  for (const auto& view : View(&root, {}, root.mark).at("injectFiles").items()) {
    files.push_back({.partition = read_identified_partition(view.at("partition")),
                     .destination = view.at("destination").text_or(""),
                     .source = reading.require_file(view.at("source")),
                     .type = view.at("type").text_or("")});
  }
  return files;
}

}  // namespace

CheckResult check_document_text(std::string_view text, const fs::path& name, const fs::path& folder,
                                const ReadOptions& options) {
  Findings findings;
  const auto root = parse_document(text, findings);
  const DocumentKind kind = root ? kind_of(*root) : DocumentKind::Recipe;
  if (kind == DocumentKind::Recipe) return {kind, parse_recipe(text, name, folder, options).findings};
  if (kind == DocumentKind::PackageList) {
    check_structure(*root, package_list_section(), findings);
  } else {
    check_structure(*root, inject_files_section(), findings);
    read_inject_files(*root, folder, findings);
  }
  return {kind, weighed(findings.take_sorted(), options)};
}

CheckResult check_document(const fs::path& file, const ReadOptions& options) {
  return check_document_text(read_file(file, ByteCount{kMostDocumentBytes}), file, file.parent_path(), options);
}

std::vector<InjectFile> require_inject_files(const fs::path& file) {
  Findings findings;
  const auto root = parse_document(read_file(file, ByteCount{kMostDocumentBytes}), findings);
  std::vector<InjectFile> files;
  if (root) {
    check_structure(*root, inject_files_section(), findings);
    files = read_inject_files(*root, file.parent_path(), findings);
  }
  check_findings(file, findings.take_sorted());
  return files;
}

}  // namespace keelson::recipe
