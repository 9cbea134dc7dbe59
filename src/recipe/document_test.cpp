#include "recipe/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::recipe {
namespace {

using testing::HasSubstr;

std::string findings_of(std::string_view text) {
  Findings findings;
  parse_document(text, findings);
  return render_findings("f", findings.all());
}

TEST(Document, NodesKnowTheirPlacesFromOne) {
  Findings findings;
  const auto root = parse_document("a: 1\nb:\n  - x\n  - 'y'\n", findings);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->entries[1].mark, (Mark{2, 1}));
  const Node& list = root->entries[1].value;
  EXPECT_EQ(list.items[1].mark, (Mark{4, 5}));
  EXPECT_TRUE(list.items[0].plain);
  EXPECT_FALSE(list.items[1].plain);
  EXPECT_EQ(root->find("a")->text, "1");
  EXPECT_EQ(root->find("z"), nullptr);
}

TEST(Document, DuplicateKeysAreFoundAtEveryLevel) {
  EXPECT_EQ(findings_of("a: 1\na: 2\nb: {c: 1, c: [{d: 1, d: 2}]}\n"),
            "f:2:1: error: duplicate key 'a': it was given on line 1\n  hint: merge the two, or remove one\n"
            "f:3:11: error: duplicate key 'c': it was given on line 3\n  hint: merge the two, or remove one\n"
            "f:3:22: error: duplicate key 'd': it was given on line 3\n  hint: merge the two, or remove one\n");
}

TEST(Document, ASecondDocumentIsRefused) {
  EXPECT_THAT(findings_of("a: 1\n---\nb: 1\n"), HasSubstr("a second document starts here"));
  EXPECT_EQ(findings_of("---\na: 1\n"), "");
}

TEST(Document, BrokenYamlIsOneFindingWithItsPlace) {
  EXPECT_THAT(findings_of("a: [1, 2\nb: 3\n"), HasSubstr("error: cannot read the YAML"));
  EXPECT_THAT(findings_of("a:\n\t- b\n"), HasSubstr("f:2:"));
  EXPECT_THAT(findings_of("a: b: c\n"), HasSubstr("f:1:5: error: cannot read the YAML: illegal map value"));
  EXPECT_THAT(findings_of("a: *nothing\n"), HasSubstr("f:1:"));
}

TEST(Document, ATabThatIndentsIsNamed) {
  EXPECT_EQ(findings_of("a:\n\tb: 1\n"),
            "f:2:1: error: cannot read the YAML: the line is indented with a tab\n  hint: indent with spaces\n");
  EXPECT_THAT(findings_of("a:\n  b:\n  \t- c\n"),
              HasSubstr("f:3:3: error: cannot read the YAML: the line is indented"));
  EXPECT_EQ(findings_of("a: |\n  text\n  \twith a tab\n"), "");
  EXPECT_EQ(findings_of("{\n\t\"a\": 1\n}\n"), "");  // JSON may
}

TEST(Document, JsonIsRead) {
  Findings findings;
  const auto root = parse_document(
      R"({"a": "l\u00e4\n\t\"\\\/", "b": [1, -2.5e3, true, null], "c": {}, "n": 12345678901234567890})", findings);
  ASSERT_TRUE(root);
  EXPECT_TRUE(findings.all().empty());
  EXPECT_EQ(root->find("a")->text, "lä\n\t\"\\/");
  EXPECT_FALSE(root->find("a")->plain);
  EXPECT_EQ(root->find("b")->items[1].text, "-2.5e3");
  EXPECT_EQ(root->find("b")->items[3].kind, Node::Kind::Null);
  EXPECT_EQ(root->find("c")->kind, Node::Kind::Map);
  EXPECT_EQ(root->find("n")->text, "12345678901234567890");
  EXPECT_THAT(findings_of(R"({"a": 1, "b": {"c": 1, "c": 2}})"), HasSubstr("f:1:24: error: duplicate key 'c'"));
  EXPECT_THAT(findings_of(R"({"a": "unfinished)"), HasSubstr("cannot read the YAML"));
}

TEST(Document, OnlyUtf8WithoutControlCharactersIsRead) {
  using namespace std::string_view_literals;
  EXPECT_THAT(findings_of("a: \xff\n"), HasSubstr("f:1:4: error: the text is not UTF-8"));
  EXPECT_THAT(findings_of("a: b\nc: \0\n"sv), HasSubstr("f:2:4: error: the text holds a control character"));
  EXPECT_THAT(findings_of("a\0:\0 \0b\0"sv), HasSubstr("control character"));  // UTF-16
  EXPECT_THAT(findings_of("a: \xed\xa0\x80\n"), HasSubstr("not UTF-8"));       // a surrogate
  EXPECT_EQ(findings_of("a: größe €\n"), "");
}

TEST(Document, AliasesAndMergeKeysWork) {
  Findings findings;
  const auto root = parse_document("a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  l: 3\n", findings);
  EXPECT_EQ(render_findings("f", findings.all()), "");
  EXPECT_EQ(root->find("b")->find("k")->text, "1");
  EXPECT_EQ(root->find("b")->mark, (Mark{2, 4}));
  EXPECT_EQ(root->find("c")->find("k")->text, "1");
  EXPECT_EQ(root->find("c")->find("l")->text, "3");
}

TEST(Document, AnAliasBombIsRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += before + (j < 9 ? ", " : "]\n");
  }
  EXPECT_THAT(findings_of(text), HasSubstr("more than 200000 values"));
}

TEST(Document, ALongTextRepeatedByAliasesIsRefused) {
  std::string text = "a: &a " + std::string(1 << 20, 'x') + "\nb: [";
  for (int i = 0; i < 100; ++i) text += "*a, ";
  EXPECT_THAT(findings_of(text + "1]\n"), HasSubstr("aliases expanded"));
}

TEST(Document, AnAliasInsideItsOwnAnchorIsRefused) {
  EXPECT_THAT(findings_of("a: &a [*a]\n"), HasSubstr("an alias is part of what it repeats"));
}

TEST(Document, DeepNestingIsRefused) {
  EXPECT_THAT(findings_of(std::string(65, '[') + std::string(65, ']')), HasSubstr("deeper than 64"));
  EXPECT_EQ(findings_of(std::string(60, '[') + std::string(60, ']')), "");
  std::string text = "a0: &a0 " + std::string(30, '[') + std::string(30, ']') + "\n";
  for (int i = 1; i < 4; ++i) {
    const auto n = std::to_string(i);
    text += "a" + n + ": &a" + n + " [[[[[[[[[[[[*a" + std::to_string(i - 1) + "]]]]]]]]]]]]\n";
  }
  EXPECT_THAT(findings_of(text), HasSubstr("deeper than 64"));
}

TEST(Document, LargeTextsAreRefusedUnread) {
  EXPECT_THAT(findings_of(std::string(kMostDocumentBytes + 1, ' ')), HasSubstr("larger than 4 MiB"));
}

TEST(Document, KeysAreWords) {
  EXPECT_THAT(findings_of("? [a]\n: b\n"), HasSubstr("a key must be a word"));
  EXPECT_THAT(findings_of("{a: 1, [b]: 2}\n"), HasSubstr("a key must be a word"));
}

TEST(Document, ForeignTagsAreRefused) {
  EXPECT_THAT(findings_of("a: !ruby/object:X {}\n"), HasSubstr("unknown tag"));
  EXPECT_EQ(findings_of("a: !!str 7\n"), "");
}

}  // namespace
}  // namespace keelson::recipe
