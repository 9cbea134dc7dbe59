#include "fleet/gates/verdict.h"

#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

const NamedResult kGood{"one", {Verdict::Good, "fine"}};
const NamedResult kMissing{"two", {Verdict::Missing, "no data"}};
const NamedResult kBad{"three", {Verdict::Bad, "worse"}};
const NamedResult kBadToo{"four", {Verdict::Bad, "bad"}};

TEST(Combine, BadCountsOverMissingOverGood) {
  EXPECT_EQ(combine({}).verdict, Verdict::Good);
  EXPECT_EQ(combine({kGood}).verdict, Verdict::Good);
  EXPECT_EQ(combine({kGood, kGood}).reason, "2 of 2 gates are good");
  EXPECT_EQ(combine({kGood, kMissing}).verdict, Verdict::Missing);
  EXPECT_EQ(combine({kGood, kMissing}).reason, "two: no data");
  EXPECT_EQ(combine({kMissing, kBad, kBadToo, kGood}).verdict, Verdict::Bad);
  EXPECT_EQ(combine({kMissing, kBad, kBadToo, kGood}).reason, "three: worse (and 1 more gates)");
}

TEST(ReasonText, IsOneHarmlessLineOfBoundedLength) {
  EXPECT_EQ(reason_text("  a\nb\tc \n"), "a b c");
  EXPECT_EQ(reason_text("a\x1b[31mb"), "a?[31mb");
  EXPECT_LE(reason_text(std::string(100'000, 'x')).size(), 210U);
  std::string snowmen;
  for (int i = 0; i < 100; ++i) snowmen += "\xe2\x98\x83";
  EXPECT_EQ(reason_text(snowmen).find('?'), std::string::npos);  // cut between characters
}

TEST(Bear, WhatIsBadForAShortTimeIsNotBadYet) {
  using std::chrono::seconds;
  const Moment begun{seconds(1000)};
  std::optional<Moment> since;
  EXPECT_EQ(bear(kBad.result, since, begun, seconds(60)).verdict, Verdict::Missing);
  EXPECT_EQ(bear(kBad.result, since, begun + seconds(59), seconds(60)).reason, "worse (this may pass within 1 minute)");
  EXPECT_EQ(bear(kBad.result, since, begun + seconds(60), seconds(60)).verdict, Verdict::Bad);
  EXPECT_EQ(bear(kMissing.result, since, begun + seconds(61), seconds(60)).verdict, Verdict::Missing);
  EXPECT_EQ(bear(kBad.result, since, begun + seconds(62), seconds(60)).verdict, Verdict::Bad);
  EXPECT_EQ(bear(kGood.result, since, begun + seconds(63), seconds(60)).verdict, Verdict::Good);
  EXPECT_FALSE(since);
  EXPECT_EQ(bear(kBad.result, since, begun, seconds(0)).verdict, Verdict::Bad);
  since = begun + seconds(1'000'000);  // a clock that jumped
  EXPECT_EQ(bear(kBad.result, since, begun, seconds(60)).verdict, Verdict::Missing);
  EXPECT_EQ(since, begun);
}

}  // namespace
}  // namespace keelson::fleet
