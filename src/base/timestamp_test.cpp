#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Timestamp, IsWrittenAndReadBack) {
  for (const std::int64_t seconds : {0LL, 951'782'400LL, 1'795'687'200LL, 253'402'300'799LL}) {
    EXPECT_EQ(parse_timestamp(timestamp_text(seconds)), seconds);
  }
  EXPECT_EQ(timestamp_text(951'782'400), "2000-02-29T00:00:00Z");
}

TEST(Timestamp, AcceptsDatesFractionsAndZones) {
  EXPECT_EQ(parse_timestamp("2000-02-29"), 951'782'400);
  EXPECT_EQ(parse_timestamp("2000-02-29T01:00:00.986201214Z"), 951'786'000);
  EXPECT_EQ(parse_timestamp("2000-02-29T01:00:00+01:00"), 951'782'400);
  EXPECT_EQ(parse_timestamp("2000-02-28T20:00:00.188-04:00"), 951'782'400);
  EXPECT_EQ(parse_timestamp("2000-02-29T00:00:00"), 951'782'400);
}

TEST(Timestamp, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2000", "2000-02-30", "1969-12-31", "2000-02-29T", "2000-02-29T24:00:00Z", "2000-02-29T00:00:00Zx",
        "2000-02-29T00:00:00.Z", "1970-01-01T00:00:00+01:00", "20000229", "2000-02-29T00:00:00+1:00", "99999-01-01"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace keelson
