#include "base/duration.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

using std::chrono::seconds;

TEST(Duration, IsReadWithAndWithoutAUnit) {
  EXPECT_EQ(parse_duration("90"), seconds(90));
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("10m"), seconds(600));
  EXPECT_EQ(parse_duration("24h"), seconds(86400));
  EXPECT_EQ(parse_duration("0"), seconds(0));
  for (const char* text : {"", "s", "m", "-1", "+1", "1.5m", "1d", "10 m", "1m30s", "99999999", "1h\n", "0x10"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, IsToldInTheLargestUnitThatIsWhole) {
  EXPECT_EQ(human_duration(seconds(0)), "0 s");
  EXPECT_EQ(human_duration(seconds(1)), "1 s");
  EXPECT_EQ(human_duration(seconds(60)), "1 minute");
  EXPECT_EQ(human_duration(seconds(90)), "90 s");
  EXPECT_EQ(human_duration(seconds(1800)), "30 minutes");
  EXPECT_EQ(human_duration(seconds(7200)), "2 hours");
}

}  // namespace
}  // namespace keelson
