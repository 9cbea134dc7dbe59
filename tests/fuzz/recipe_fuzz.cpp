// A recipe's text, from YAML to values and findings; what follows a line "%%%" is what every recipe in baseConfigs
// says, so that merging is fuzzed too, on documents in memory.
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "recipe/migrate.h"
#include "recipe/read.h"

namespace {

using namespace keelson;

constexpr std::string_view kBaseFollows = "\n%%%\n";

void check_findings_are_shown(const std::vector<recipe::Finding>& findings) {
  // Every finding can be shown, and none points before the file's first character.
  if (!findings.empty() && recipe::render_findings("fuzz.yaml", findings).empty()) std::abort();
  recipe::findings_json("fuzz.yaml", findings);
  for (const auto& finding : findings) {
    if (finding.line < 0 || finding.column < 0 || finding.message.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = text.find(kBaseFollows);
  const std::string base(cut == std::string_view::npos ? "" : text.substr(cut + kBaseFollows.size()));
  recipe::ReadOptions options;
  options.read_text = [&](const std::filesystem::path&) { return base; };
  try {
    // A migration's result is a document again, and a second one finds it in today's form.
    const auto migrated = recipe::migrate(text.substr(0, cut), "fuzz.yaml");
    recipe::notes_json("fuzz.yaml", migrated.notes);
    recipe::migrate(migrated.yaml, "fuzz.yaml");
  } catch (const Error&) {
    // Neither kind of configuration.
  }
  try {
    check_findings_are_shown(recipe::parse_recipe(text.substr(0, cut), "fuzz.yaml", "/nonexistent", options).findings);
    check_findings_are_shown(
        recipe::check_document_text(text.substr(0, cut), "fuzz.yaml", "/nonexistent", options).findings);
  } catch (const Error&) {
    // The only exception that may leave.
  }
  return 0;
}
