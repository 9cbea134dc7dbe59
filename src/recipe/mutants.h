/// For tests: mutants. A good recipe with one thing changed is refused, with a finding on the line that was changed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/read.h"

namespace keelson::recipe {

struct Mutant {
  std::string_view before;   ///< text of the good recipe
  std::string_view after;    ///< what stands there instead
  std::string_view line;     ///< the finding is on the first line of the mutant that holds this
  std::string_view message;  ///< a part of the finding's message
};

inline void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.before << " -> " << mutant.after; }

inline std::vector<Finding> errors_of(std::string_view text) {
  const ReadOptions options{.unsupported_is_error = false, .check_files = false};
  auto findings = parse_recipe(text, "mutant.yaml", "/nonexistent", options).findings;
  std::erase_if(findings, [](const Finding& finding) { return finding.severity != Severity::Error; });
  return findings;
}

inline int line_of(std::string_view text, std::string_view part) {
  const auto at = text.find(part);
  EXPECT_NE(at, std::string_view::npos) << part;
  return 1 +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(std::min(at, text.size())), '\n'));
}

inline void expect_refused(std::string_view good, const Mutant& mutant) {
  std::string text(good);
  const auto at = text.find(mutant.before);
  ASSERT_NE(at, std::string::npos) << "the good recipe has no '" << mutant.before << "'";
  text.replace(at, mutant.before.size(), mutant.after);
  const auto findings = errors_of(text);
  const int line = line_of(text, mutant.line);
  const bool found = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.line == line && finding.message.find(mutant.message) != std::string::npos;
  });
  EXPECT_TRUE(found) << "expected on line " << line << ": … " << mutant.message << " …\nfound:\n"
                     << render_findings("mutant.yaml", findings) << "in:\n"
                     << text;
}

}  // namespace keelson::recipe
