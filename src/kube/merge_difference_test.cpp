#include "kube/merge_difference.h"

#include <gtest/gtest.h>

#include <random>

namespace keelson::kube {
namespace {

using nlohmann::json;

// A document without null members, of few keys and values, so that two of them have much in common.
json made_up(std::mt19937& dice, int depth) {
  const auto draw = [&](unsigned sides) { return dice() % sides; };
  const auto kind = draw(depth == 0 ? 3 : 6);
  if (kind == 0) return draw(3);
  if (kind == 1) return std::string(1, static_cast<char>('a' + draw(3)));
  if (kind == 2) return json::array({draw(2), nullptr, {{"x", draw(2)}}});
  json object = json::object();
  for (const char* key : {"a", "b", "c", "d"}) {
    if (draw(3) != 0) object[key] = made_up(dice, depth - 1);
  }
  return object;
}

// Every place of a patch that says something: lists, plain values, nulls, and objects without members.
void collect_leaves(const json& value, const json::json_pointer& place, std::vector<json::json_pointer>& leaves) {
  if (!value.is_object() || value.empty()) return leaves.push_back(place);
  for (const auto& [key, member] : value.items()) collect_leaves(member, place / key, leaves);
}

TEST(MergeDifference, LeadsFromOneToTheOther) {
  std::mt19937 dice(20261126);
  for (int round = 0; round < 3'000; ++round) {
    const json before = made_up(dice, 4);
    const json after = made_up(dice, 4);
    json patched = before;
    patched.merge_patch(merge_difference(before, after));
    ASSERT_EQ(patched, after) << before << " -> " << after;
  }
}

TEST(MergeDifference, SaysNothingThatIsNotNeeded) {
  std::mt19937 dice(7386);
  for (int round = 0; round < 1'000; ++round) {
    const json before{{"root", made_up(dice, 3)}};
    const json after{{"root", made_up(dice, 3)}};
    EXPECT_EQ(merge_difference(after, after), json::object());
    const json patch = merge_difference(before, after);
    std::vector<json::json_pointer> leaves;
    collect_leaves(patch, json::json_pointer(), leaves);
    for (const auto& leaf : leaves) {
      if (leaf.empty()) continue;
      json less = patch;
      less[leaf.parent_pointer()].erase(leaf.back());
      // An object in the place of what was none is there by its being said.
      const auto holder = leaf.parent_pointer();
      if (less[holder].empty() && (!before.contains(holder) || !before[holder].is_object())) continue;
      json patched = before;
      patched.merge_patch(less);
      ASSERT_NE(patched, after) << patch << " without " << leaf.to_string();
    }
  }
}

TEST(MergeDifference, OneNodeOfManyIsOneMember) {
  json before{{"nodes", {{"n1", {{"stage", "Draining"}, {"reason", "x"}}}, {"n2", {{"stage", "Pending"}}}}}};
  json after = before;
  after["nodes"]["n1"] = {{"stage", "Done"}};
  EXPECT_EQ(merge_difference(before, after), json::parse(R"({"nodes":{"n1":{"stage":"Done","reason":null}}})"));
}

TEST(MergeDifference, ListsAreWhole) {
  EXPECT_EQ(merge_difference({{"a", {1, 2, 3}}}, {{"a", {1, 2}}}), json({{"a", {1, 2}}}));
}

TEST(MergeDifference, NullMembersAreNone) {
  const json with{{"a", {{"b", nullptr}, {"c", 1}}}};
  const json without{{"a", {{"c", 1}}}};
  EXPECT_EQ(merge_difference(with, without), json::object());
  EXPECT_EQ(merge_difference(without, with), json::object());
  EXPECT_EQ(merge_difference({{"a", 1}}, {{"a", nullptr}}), json({{"a", nullptr}}));
}

TEST(MergeDifference, WhatIsNoObjectIsReplaced) {
  EXPECT_EQ(merge_difference(nullptr, {{"a", 1}}), json({{"a", 1}}));
  EXPECT_EQ(merge_difference({{"a", 1}}, {{"a", json::object()}}), json({{"a", json::object()}}));
  EXPECT_EQ(merge_difference({{"a", {{"b", 1}}}}, {{"a", 1}}), json({{"a", 1}}));
}

}  // namespace
}  // namespace keelson::kube
