#include "policy/fact_path.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace keelson::policy {
namespace {

TEST(FactPath, NamesFieldsAndEntriesOfLists) {
  const auto facts = nlohmann::json::parse(
      R"({"a": {"b": 1, "none": null}, "list": [3, {"id": "x.y", "v": 2}, {"n": 7, "v": {"w": 4}}]})");
  const auto value = [&](std::string_view path) {
    const auto* fact = find_fact(facts, path);
    return fact == nullptr ? "nothing" : fact->dump();
  };
  EXPECT_EQ(value("a.b"), "1");
  EXPECT_EQ(value("list[id=x.y].v"), "2");
  EXPECT_EQ(value("list[n=7].v.w"), "4");
  for (const char* path : {"a.c", "a.none", "a.b.c", "list[id=z].v", "a[b=1]", "list.id", "x[id=1]"})
    EXPECT_EQ(value(path), "nothing") << path;
}

TEST(FactPath, ListsWhatAllEntriesHave) {
  const auto facts = nlohmann::json::parse(
      R"({"l": [{"v": "a", "in": [{"w": 1}, {"w": 2}]}, {"v": "b", "in": []}, 3, {"in": [{"w": 3}, {}]}], "m": {"v": 1}})");
  const auto value = [&](std::string_view path) {
    const auto fact = fact_at(facts, path);
    return fact ? fact->dump() : "nothing";
  };
  EXPECT_EQ(value("l[*].v"), R"(["a","b"])");
  EXPECT_EQ(value("l[*].in[*].w"), "[1,2,3]");
  EXPECT_EQ(value("l[v=a].in[*].w"), "[1,2]");
  EXPECT_EQ(value("l[*].x"), "[]");
  EXPECT_EQ(value("m.v"), "1");
  for (const char* path : {"m[*].v", "x[*]", "l[*]v", "l[*].", "l[*][*]"}) EXPECT_EQ(value(path), "nothing") << path;
  EXPECT_EQ(find_fact(facts, "l[*].v"), nullptr);
}

TEST(FactPath, IsRefusedWhenItIsNone) {
  for (const char* path : {"a", "a.b", "a[*]", "a[*].b[*]", "a[b=c]", "a[b=c.d].e", "a[b=c=d]"})
    EXPECT_TRUE(is_fact_path(path)) << path;
  for (const char* path : {"", ".", "a.", ".a", "a..b", "a[", "a[b]", "a[b=]", "a[=c]", "a[b=c", "a[b=c]d", "a]",
                           "[b=c]", "[*]", "a[*]b", "a[**]", "a[*"})
    EXPECT_FALSE(is_fact_path(path)) << path;
  EXPECT_FALSE(is_fact_path(std::string(257, 'a')));
}

}  // namespace
}  // namespace keelson::policy
