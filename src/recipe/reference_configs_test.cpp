// The language against Image Customizer's own test configurations, where they lie beside the checkout.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "recipe/migrate.h"
#include "recipe/read.h"
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

/// What the label is about: the language. Whether files lie beside the configuration is another matter.
std::vector<Finding> errors_of(const fs::path& file) {
  const ReadOptions options{.unsupported_is_error = false, .check_files = false};
  auto findings = check_document(file, options).findings;
  std::erase_if(findings, [](const Finding& finding) { return finding.severity != Severity::Error; });
  return findings;
}

TEST(ReferenceConfigs, EveryConfigurationGetsTheVerdictOfItsLabel) {
  const fs::path folder = reference_folder();
  if (!fs::exists(folder / "labels.tsv")) GTEST_SKIP() << "the reference configurations are not beside the checkout";
  int valid = 0;
  int invalid = 0;
  for (const auto& [name, label] : read_labels(folder / "labels.tsv")) {
    const auto errors = errors_of(folder / "configs" / name);
    if (label.verdict == "valid") {
      EXPECT_EQ(render_findings(name, errors), "");
      ++valid;
    } else {
      EXPECT_FALSE(errors.empty()) << name << " is " << label.verdict;
      ++invalid;
    }
  }
  EXPECT_GT(valid, 50);
  EXPECT_GT(invalid, 0);
}

TEST(ReferenceConfigs, APackageListIsToldFromARecipe) {
  const fs::path folder = reference_folder();
  if (!fs::exists(folder / "labels.tsv")) GTEST_SKIP() << "the reference configurations are not beside the checkout";
  for (const auto& [name, label] : read_labels(folder / "labels.tsv")) {
    const bool list = check_document(folder / "configs" / name, {}).kind == DocumentKind::PackageList;
    EXPECT_EQ(list, label.type == "PackageList") << name;
  }
}

TEST(ReferenceConfigs, AMigrationOfTodaysFormHasNothingToDo) {
  const fs::path folder = reference_folder();
  if (!fs::exists(folder / "labels.tsv")) GTEST_SKIP() << "the reference configurations are not beside the checkout";
  for (const auto& [name, label] : read_labels(folder / "labels.tsv")) {
    if (label.verdict != "valid" || label.type != "Config") continue;
    const Migration migration = migrate(read_file(folder / "configs" / name), folder / "configs" / name);
    EXPECT_TRUE(migration.complete()) << name << render_findings(name, migration.findings);
    for (const auto& note : migration.notes) EXPECT_EQ(note.kind, MigrationNote::Kind::Remark) << name << note.was;
  }
}

}  // namespace
}  // namespace keelson::recipe
