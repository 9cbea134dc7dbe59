#include "recipe/write_yaml.h"

#include <gtest/gtest.h>

namespace keelson::recipe {

namespace {

Node parsed(const std::string& text) {
  Findings findings;
  auto node = parse_document(text, findings);
  EXPECT_TRUE(node.has_value() && findings.all().empty()) << text << render_findings("text", findings.all());
  return node.value_or(Node{});
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size() || a.entries.size() != b.entries.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !same(a.entries[i].value, b.entries[i].value)) return false;
  }
  return true;
}

void expect_round_trip(const Node& node) {
  const std::string text = write_yaml(node);
  EXPECT_TRUE(same(parsed(text), node)) << text;
}

}  // namespace

TEST(WriteYaml, NestedListsAndMapsComeBackAsTheyWere) {
  expect_round_trip(parsed("a: {b: [1, [2, 3], {c: d, e: [f]}], g: {}, h: []}\ni: ~\nj: [[], {}, [[x]]]\n"));
}

TEST(WriteYaml, AMapInAListBeginsOnTheLineOfItsDash) {
  EXPECT_EQ(write_yaml(parsed("{os: {users: [{name: a, uid: 1}]}}")), "os:\n  users:\n  - name: a\n    uid: 1\n");
}

TEST(WriteYaml, TextsThatWouldMeanSomethingElseAreQuoted) {
  for (const std::string text : {"",     " a",  "a ", "- a", "-",  "a: b", "a #b", "#a",  "true", "no",  "~",   "null",
                                 "0644", "1e3", "[a", "{a",  "*a", "&a",   "!a",   "|",   ">",    "'a",  "\"a", "%a",
                                 "@a",   "`a",  "?a", "a:",  "<<", "=",    ",a",   "---", "a\\b", "\x07"}) {
    Node list{.kind = Node::Kind::List};
    list.items.push_back({.kind = Node::Kind::Scalar, .text = text});
    // A control character can't be written in a file, so it comes from no file either.
    if (text == "\x07") {
      EXPECT_EQ(write_yaml(list), "- \"\\x07\"\n");
      continue;
    }
    const std::string written = write_yaml(list);
    const Node back = parsed(written);
    ASSERT_EQ(back.items.size(), 1U) << written;
    EXPECT_EQ(back.items[0].text, text) << written;
    if (text == "true" || text == "0644" || text == "~") {
      EXPECT_FALSE(back.items[0].plain) << written;
    }
  }
}

TEST(WriteYaml, NumbersStayNumbers) { EXPECT_EQ(write_yaml(parsed("uid: 1000\n")), "uid: 1000\n"); }

TEST(WriteYaml, ProgramsStayReadableAndKeepEveryLine) {
  for (const std::string text :
       {"set -e\necho a\n", "a\n\nb", "a\n\n\n", "a\n  b\n\tc\n", "\na", " a\nb", "a: b\n# c\n"}) {
    Node map{.kind = Node::Kind::Map};
    map.entries.push_back({"content", {}, {.kind = Node::Kind::Scalar, .text = text}});
    Node outer{.kind = Node::Kind::Map};
    Node list{.kind = Node::Kind::List};
    list.items.push_back(map);
    outer.entries.push_back({"scripts", {}, list});
    outer.entries.push_back({"after", {}, {.kind = Node::Kind::Scalar, .text = "x"}});
    expect_round_trip(outer);
  }
}

TEST(WriteYaml, KeysAreQuotedLikeTexts) {
  expect_round_trip(parsed("{\"a: b\": 1, \"#c\": 2, \"true\": 3, /etc/x: 4}"));
}

}  // namespace keelson::recipe
