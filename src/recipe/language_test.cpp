#include "recipe/language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "recipe/document.h"
#include "recipe/structure.h"
#include "sys/file.h"

namespace keelson::recipe {
namespace {

/// The committed file must be what the code makes; KEELSON_ACCEPT=1 rewrites it, and that run counts as skipped.
void expect_file(const std::string& name, const std::string& made) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const auto path = std::filesystem::path(source) / name;
  if (std::getenv("KEELSON_ACCEPT") != nullptr) {
    write_file_atomically(path, made);
    GTEST_SKIP() << name << " was rewritten";
  }
  EXPECT_EQ(read_file(path), made) << "rewrite it by running this test with KEELSON_ACCEPT=1";
}

void visit(const Section& section, const std::function<void(const Section&, const Key&)>& each) {
  for (const auto& key : section.keys) {
    each(section, key);
    const Value& value = key.value.shape == Shape::List ? key.value.item.front() : key.value;
    if (value.shape == Shape::Object) visit(*value.section, each);
  }
}

/// Every key of every document.
void visit_all(const std::function<void(const Section&, const Key&)>& each) {
  visit(recipe_section(), each);
  visit(package_list_section(), each);
  visit(inject_files_section(), each);
}

TEST(Language, TheCommittedSchemaIsTheOneTheCodeMakes) { expect_file("schema/recipe.schema.json", json_schema()); }

TEST(Language, TheCommittedReferencePageIsTheOneTheCodeMakes) {
  expect_file("docs/reference/recipe.md", reference_page());
}

TEST(Language, EveryKeyIsExplainedAndEveryNameIsUnique) {
  visit_all([](const Section& section, const Key& key) {
    EXPECT_TRUE(key.meaning.ends_with('.')) << section.name << '.' << key.name;
    EXPECT_FALSE(section.meaning.empty()) << section.name;
    EXPECT_EQ(key.value.shape == Shape::Object, key.value.section != nullptr) << key.name;
    EXPECT_EQ(key.value.item.size(), key.value.shape == Shape::List ? 1U : 0U) << key.name;
    std::set<std::string_view> names;
    for (const auto& other : section.keys) EXPECT_TRUE(names.insert(other.name).second) << other.name;
  });
}

TEST(Language, EveryKeyHasAnExampleThatTheCheckAccepts) {
  int examples = 0;
  visit_all([&](const Section& section, const Key& key) {
    const std::string example = example_of(key);
    ASSERT_FALSE(example.empty()) << section.name << '.' << key.name << " has no example";
    ++examples;
    const Section alone{.name = section.name, .meaning = section.meaning, .keys = {key}};
    Findings findings;
    const auto root = parse_document(std::string(key.name) + ": " + example, findings);
    ASSERT_TRUE(root) << key.name;
    check_structure(*root, alone, findings);
    for (const auto& finding : findings.all()) {
      const bool wrong = finding.kind == FindingKind::Structure || finding.kind == FindingKind::Rule;
      EXPECT_FALSE(wrong) << section.name << '.' << key.name << ": " << finding.message;
    }
  });
  EXPECT_GT(examples, 150);
}

TEST(Language, EveryGateIsAKnownPreviewFeature) {
  std::set<std::string_view> known;
  for (const auto& feature : preview_features()) known.insert(feature.name);
  visit_all([&](const Section&, const Key& key) {
    EXPECT_TRUE(key.gate.empty() || known.contains(key.gate)) << key.gate;
    for (const auto& choice : key.value.choices) {
      EXPECT_TRUE(choice.gate.empty() || known.contains(choice.gate)) << choice.gate;
    }
  });
}

TEST(Language, AKeyOfOnePlaceIsFound) {
  EXPECT_EQ(place_of_key("install"), "os.packages.install");
  EXPECT_EQ(place_of_key("partitions"), "storage.disks[].partitions");
  EXPECT_EQ(place_of_key("name"), "");
  EXPECT_EQ(place_of_key("nonsense"), "");
}

}  // namespace
}  // namespace keelson::recipe
