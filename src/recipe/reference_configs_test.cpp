// The language against Image Customizer's own test configurations, where they lie beside the checkout.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "recipe/document.h"
#include "recipe/read.h"
#include "recipe/structure.h"
#include "sys/file.h"

namespace keelson::recipe {
namespace {

namespace fs = std::filesystem;

struct Label {
  std::string type;
  std::string verdict;
};

std::map<std::string, Label> read_labels(const fs::path& file) {
  std::map<std::string, Label> labels;
  const std::string content = read_file(file);
  for (const auto line : split(content, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() >= 3 && fields[0] != "file")
      labels[std::string(fields[0])] = {std::string(fields[1]), std::string(fields[2])};
  }
  return labels;
}

fs::path reference_folder() {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  return source == nullptr ? fs::path() : fs::path(source) / "../shared/reference/image-customizer";
}

bool is_wrong(const Finding& finding) {
  return finding.severity == Severity::Error && finding.kind != FindingKind::Unsupported &&
         finding.kind != FindingKind::Resource;
}

std::vector<Finding> findings_of(const fs::path& file, const Label& label) {
  if (label.type != "PackageList") return read_recipe(file).findings;
  Findings findings;
  const auto root = parse_document(read_file(file), findings);
  if (root) check_structure(*root, package_list_section(), findings);
  return findings.all();
}

TEST(ReferenceConfigs, EveryValidConfigurationBreaksNoRuleOfTheLanguage) {
  const fs::path folder = reference_folder();
  if (!fs::exists(folder / "labels.tsv")) GTEST_SKIP() << "the reference configurations are not beside the checkout";
  int checked = 0;
  for (const auto& [name, label] : read_labels(folder / "labels.tsv")) {
    if (label.verdict != "valid") continue;
    ++checked;
    for (const auto& finding : findings_of(folder / "configs" / name, label)) {
      EXPECT_FALSE(is_wrong(finding)) << render_findings(name, {finding});
    }
  }
  EXPECT_GT(checked, 50);
}

TEST(ReferenceConfigs, AConfigurationOfAnotherProgramIsRefused) {
  const fs::path folder = reference_folder();
  if (!fs::exists(folder / "labels.tsv")) GTEST_SKIP() << "the reference configurations are not beside the checkout";
  int refused = 0;
  for (const auto& [name, label] : read_labels(folder / "labels.tsv")) {
    if (label.verdict != "invalid-as-Config") continue;
    const auto findings = read_recipe(folder / "configs" / name).findings;
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), is_wrong)) << name;
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace keelson::recipe
