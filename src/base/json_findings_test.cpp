#include "base/json_findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace keelson {
namespace {

using nlohmann::json;
using testing::ElementsAre;

TEST(JsonFindings, CollectsEverythingBeforeItRefuses) {
  const json document =
      json::parse(R"({"size": -1, "text": "a\u0007", "ratio": "x", "kind": "Goood", "list": [1, 2, 3]})");
  static constexpr std::array<std::string_view, 4> kMembers{"size", "text", "ratio", "list"};
  static constexpr std::array<std::string_view, 2> kKinds{"Good", "Bad"};
  JsonFindings findings;
  const JsonPlace place(&document, "spec", findings);
  EXPECT_TRUE(place.check_members(kMembers));
  EXPECT_FALSE(place.require("size").whole(0, 10));
  EXPECT_FALSE(place.require("text").text());
  EXPECT_FALSE(place.require("ratio").number(0, 1));
  EXPECT_FALSE(place.require("kind").choice(kKinds));
  EXPECT_TRUE(place.require("list").list(0, 2).empty());
  EXPECT_FALSE(place.require("nothing").flag());
  EXPECT_FALSE(place.member("nothing").flag());
  EXPECT_THAT(findings.texts(),
              ElementsAre("spec.kind: is not known here", "spec.size: is not a whole number from 0 to 10",
                          "spec.text: holds control characters", "spec.ratio: is not a number from 0 to 1",
                          "spec.kind: 'Goood' is not Good or Bad; did you mean 'Good'?",
                          "spec.list: has 3 entries, not 0 to 2", "spec.nothing: is missing"));
  try {
    findings.refuse_if_any("plan", "x.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(error.message(),
                testing::StartsWith("cannot read plan 'x.json': 7 mistakes\n  spec.kind: is not known here\n"));
  }
}

TEST(JsonFindings, NothingWrongIsNothingRefused) {
  const json document = json::parse(R"({"size": 18446744073709551615, "lines": "a\nb", "time": "10m", "none": null})");
  JsonFindings findings;
  const JsonPlace place(&document, "", findings);
  EXPECT_EQ(place.member("lines").text(10, JsonPlace::Lines::Many), "a\nb");
  EXPECT_EQ(place.member("time").duration(std::chrono::seconds(1), std::chrono::hours(1)), std::chrono::minutes(10));
  EXPECT_FALSE(place.member("none").is_there());
  findings.refuse_if_any("plan", "x.json");
  EXPECT_FALSE(place.member("size").whole(0, INT64_MAX));
  EXPECT_THAT(findings.texts(), ElementsAre("size: is not a whole number from 0 to 9223372036854775807"));
}

}  // namespace
}  // namespace keelson
