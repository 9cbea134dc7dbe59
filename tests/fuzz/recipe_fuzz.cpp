// A recipe's text, from YAML to values and findings.
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "recipe/read.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto [recipe, findings] = recipe::parse_recipe(text, "fuzz.yaml", "/nonexistent");
    // Every finding can be shown, and none points before the file's first character.
    if (!findings.empty() && recipe::render_findings("fuzz.yaml", findings).empty()) std::abort();
    recipe::findings_json("fuzz.yaml", findings);
    for (const auto& finding : findings) {
      if (finding.line < 0 || finding.column < 0 || finding.message.empty()) std::abort();
    }
  } catch (const Error&) {
    // The only exception that may leave.
  }
  return 0;
}
