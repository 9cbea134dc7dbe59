#include "fleet/back_ends/succession.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Machine machine(const std::string& name, const std::string& second, const std::string& deployment = "workers") {
  return {.space = "default",
          .name = name,
          .uid = "uid-" + name,
          .deployment = deployment,
          .set = "set",
          .created = "2026-11-26T10:00:" + second + "Z"};
}

Succession of(const std::vector<Machine>& before) {
  Succession succession{.operation = "one",
                        .space = "default",
                        .machine = "m1",
                        .uid = "uid-m1",
                        .deployment = "workers",
                        .wanted_template = "new"};
  look_around(succession, before);
  return succession;
}

std::vector<std::string> candidates(const Succession& succession, const std::vector<Machine>& machines) {
  std::vector<std::string> names;
  for (const auto* found : find_candidates(succession, machines)) names.push_back(found->name);
  return names;
}

TEST(Succession, WhoWasThereBeforeIsNoSuccessor) {
  std::vector<Machine> machines{machine("m1", "00"), machine("m2", "30"), machine("m3", "30")};
  const auto succession = of(machines);
  EXPECT_THAT(candidates(succession, machines), IsEmpty());
  machines.push_back(machine("m6", "40"));
  machines.push_back(machine("m5", "30"));  // in the same second as the last ones
  machines.push_back(machine("m4", "35"));
  machines.push_back(machine("x1", "50", "others"));
  EXPECT_THAT(candidates(succession, machines), ElementsAre("m5", "m4", "m6"));
}

TEST(Succession, OneThatGoesOrStandsForAnotherOperationIsNone) {
  auto going = machine("m2", "40");
  going.is_going = true;
  auto taken = machine("m3", "40");
  taken.successor_of = "another";
  const std::vector<Machine> machines{going, taken, machine("m4", "41")};
  const auto succession = of({machine("m1", "00")});
  EXPECT_THAT(candidates(succession, machines), ElementsAre("m4"));
  EXPECT_EQ(find_claimed(succession, machines), nullptr);
}

TEST(Succession, TheClaimedOneIsFoundUntilItGoes) {
  auto claimed = machine("m2", "40");
  claimed.successor_of = "one";
  const auto succession = of({machine("m1", "00")});
  std::vector<Machine> machines{machine("m3", "41"), claimed};
  ASSERT_NE(find_claimed(succession, machines), nullptr);
  EXPECT_EQ(find_claimed(succession, machines)->name, "m2");
  machines[1].is_going = true;
  EXPECT_EQ(find_claimed(succession, machines), nullptr);
  EXPECT_THAT(candidates(succession, machines), ElementsAre("m3"));
}

TEST(Succession, AWholeCrowdOfOneSecondIsLeftOut) {
  std::vector<Machine> machines;
  for (std::size_t i = 0; i <= kMostAmong; ++i) machines.push_back(machine("m" + std::to_string(i), "30"));
  const auto succession = of(machines);
  EXPECT_THAT(succession.among, IsEmpty());
  machines.push_back(machine("late", "30"));
  EXPECT_THAT(candidates(succession, machines), IsEmpty());
  machines.push_back(machine("next", "31"));
  EXPECT_THAT(candidates(succession, machines), ElementsAre("next"));
}

TEST(Succession, IsKeptAsTextForItsOperationOnly) {
  const auto succession = of({machine("m1", "00")});
  const std::string text = succession_text(succession);
  const auto read = parse_succession(text, "one");
  ASSERT_TRUE(read);
  EXPECT_EQ(succession_text(*read), text);
  EXPECT_EQ(read->wanted_template, "new");
  EXPECT_THAT(read->among, ElementsAre("m1"));
  EXPECT_FALSE(parse_succession(text, "two"));
  for (const char* other : {"", "{}", "[1]", "{\"operation\": \"one\", \"machine\": 3}", "nonsense"})
    EXPECT_FALSE(parse_succession(other, "one")) << other;
}

}  // namespace
}  // namespace keelson::fleet
