// Mutants made from the language itself: every key with a value of the wrong type, every section with an unknown key,
// every word misspelt, every required key left out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "recipe/document.h"
#include "recipe/language.h"
#include "recipe/structure.h"

namespace keelson::recipe {
namespace {

/// A way from the top of the document to a key, through objects and lists of objects.
using Way = std::vector<const Key*>;

const Value& inner_value(const Key& key) { return key.value.shape == Shape::List ? key.value.item.front() : key.value; }

bool leads_to_section(const Key& key) { return inner_value(key).shape == Shape::Object; }

void visit(const Section& section, Way& way, const std::function<void(const Way&)>& each) {
  for (const auto& key : section.keys) {
    way.push_back(&key);
    each(way);
    if (leads_to_section(key)) visit(*inner_value(key).section, way, each);
    way.pop_back();
  }
}

void visit_all(const std::function<void(const Section&, const Way&)>& each) {
  for (const auto* root : {&recipe_section(), &package_list_section(), &inject_files_section()}) {
    Way way;
    visit(*root, way, [&](const Way& found) { each(*root, found); });
  }
}

/// A document with one line for each step of the way, so that the last one stands on line way.size().
struct Document {
  std::string text;
  std::string path;
  int line = 0;
};

Document document_for(const Way& way, std::string_view last_line) {
  Document document;
  std::string indent;
  for (std::size_t i = 0; i < way.size(); ++i) {
    const bool last = i + 1 == way.size();
    document.path += fmt::format("{}{}", document.path.empty() ? "" : ".", way[i]->name);
    document.text += indent;
    if (i > 0 && way[i - 1]->value.shape == Shape::List) {
      document.text += "- ";
      indent += "  ";
    }
    if (last) {
      document.text += fmt::format("{}\n", last_line);
    } else {
      document.text += fmt::format("{}:\n", way[i]->name);
      if (way[i]->value.shape == Shape::List) document.path += "[0]";
      indent += "  ";
    }
  }
  document.line = static_cast<int>(way.size());
  return document;
}

Document document_with(const Way& way, std::string_view value) {
  return document_for(way, fmt::format("{}: {}", way.back()->name, value));
}

std::vector<Finding> findings_of(const Section& root, const Document& document) {
  Findings findings;
  const auto node = parse_document(document.text, findings);
  if (node) check_structure(*node, root, findings);
  auto all = findings.all();
  std::erase_if(all, [](const Finding& finding) {
    return finding.severity == Severity::Warning || finding.kind == FindingKind::Unsupported ||
           finding.kind == FindingKind::ForBases;
  });
  return all;
}

bool has_finding(const std::vector<Finding>& findings, int line, const std::string& path) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.line == line && finding.path.starts_with(path); });
}

void expect_finding(const Section& root, const Document& document, const std::string& path) {
  const auto findings = findings_of(root, document);
  EXPECT_TRUE(has_finding(findings, document.line, path))
      << "nothing about '" << path << "' on line " << document.line << " of\n"
      << document.text << render_findings("found", findings);
}

std::string_view wrong_type(const Key& key) {
  const Shape shape = key.value.shape;
  return shape == Shape::Object || shape == Shape::TextMap ? "[wrong, type]" : "{wrong: type}";
}

TEST(KeyMutants, AValueOfTheWrongTypeIsRefusedOnItsLine) {
  int count = 0;
  visit_all([&](const Section& root, const Way& way) {
    const Document document = document_with(way, wrong_type(*way.back()));
    expect_finding(root, document, document.path);
    ++count;
  });
  EXPECT_GT(count, 150);
}

TEST(KeyMutants, TheExampleInItsPlaceIsAccepted) {
  visit_all([&](const Section& root, const Way& way) {
    const Document document = document_with(way, example_of(*way.back()));
    for (const auto& finding : findings_of(root, document)) {
      // Keys beside it may be missing: that is said of the section, not of this value.
      const bool about_neighbours = finding.message.find(" needs ") != std::string::npos ||
                                    finding.message.find("can't stand beside") != std::string::npos;
      EXPECT_TRUE(about_neighbours) << document.text << finding.message;
    }
  });
}

TEST(KeyMutants, AnItemOfTheWrongTypeIsRefusedOnItsLine) {
  int count = 0;
  visit_all([&](const Section& root, const Way& way) {
    if (way.back()->value.shape != Shape::List) return;
    const Document document = document_with(way, "[[wrong, type]]");
    expect_finding(root, document, document.path + "[0]");
    ++count;
  });
  EXPECT_GT(count, 25);
}

TEST(KeyMutants, AMisspeltWordIsRefusedOnItsLine) {
  int count = 0;
  visit_all([&](const Section& root, const Way& way) {
    const Value& value = inner_value(*way.back());
    if (value.choices.empty()) return;
    const bool list = way.back()->value.shape == Shape::List;
    const Document document = document_with(way, list ? "[no such word]" : "no such word");
    expect_finding(root, document, document.path);
    ++count;
  });
  EXPECT_GT(count, 25);
}

TEST(KeyMutants, AnUnknownKeyIsRefusedInEverySection) {
  int count = 0;
  visit_all([&](const Section& root, const Way& way) {
    if (!leads_to_section(*way.back())) return;
    Way inside = way;
    const Key unknown{.name = "nonsense", .meaning = "Nothing."};
    inside.push_back(&unknown);
    const Document document = document_with(inside, "1");
    expect_finding(root, document, document.path);
    ++count;
  });
  EXPECT_GT(count, 40);
}

TEST(KeyMutants, ARequiredKeyThatIsMissingIsReportedOfItsSection) {
  int count = 0;
  visit_all([&](const Section& root, const Way& way) {
    if (!way.back()->required || way.size() < 2) return;
    const Way section(way.begin(), way.end() - 1);
    const bool list = section.back()->value.shape == Shape::List;
    const Document document = document_with(section, list ? "[{}]" : "{}");
    const auto findings = findings_of(root, document);
    const std::string needs = fmt::format("needs '{}'", way.back()->name);
    EXPECT_TRUE(std::any_of(
        findings.begin(), findings.end(),
        [&](const Finding& finding) { return finding.line == document.line && finding.message.ends_with(needs); }))
        << needs << " in\n"
        << document.text;
    ++count;
  });
  EXPECT_GT(count, 25);
}

TEST(KeyMutants, ADuplicateKeyIsRefusedEverywhere) {
  visit_all([&](const Section& root, const Way& way) {
    const std::string line = fmt::format("{{{0}: {1}, {0}: {1}}}", way.back()->name, example_of(*way.back()));
    const Document document =
        way.size() == 1 ? Document{line + "\n", std::string(way.back()->name), 1}
                        : document_with(Way(way.begin(), way.end() - 1),
                                        way[way.size() - 2]->value.shape == Shape::List ? "[" + line + "]" : line);
    const auto findings = findings_of(root, document);
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.message.starts_with("duplicate key");
    })) << document.text;
  });
}

}  // namespace
}  // namespace keelson::recipe
