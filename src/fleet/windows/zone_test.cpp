#include "fleet/windows/zone.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "fleet/windows/sample_windows.h"

namespace keelson::fleet {
namespace {

using sample::at;
using sample::clock;

TEST(Zone, TellsWhatClocksShow) {
  const Zone berlin("Europe/Berlin");
  EXPECT_EQ(berlin.text(at("2026-11-28T21:00:00Z")), "Sat 2026-11-28 22:00 Europe/Berlin");
  EXPECT_EQ(berlin.text(at("2026-07-01T20:00:00Z")), "Wed 2026-07-01 22:00 Europe/Berlin");
  EXPECT_EQ(Zone().text(at("2026-11-28T21:00:00Z")), "Sat 2026-11-28 21:00 UTC");
  EXPECT_EQ(Zone("Asia/Kathmandu").text(at("2026-01-01T00:00:00Z")), "Thu 2026-01-01 05:45 Asia/Kathmandu");
}

TEST(Zone, AnHourThatDoesNotExistIsCountedAsIfTheClocksHadNotChanged) {
  // 2026-03-29: from 02:00 to 03:00.
  EXPECT_EQ(Zone("Europe/Berlin").moment(clock("2026-03-29T02:30:00Z")), at("2026-03-29T01:30:00Z"));
  EXPECT_EQ(Zone("Europe/Berlin").text(at("2026-03-29T01:30:00Z")), "Sun 2026-03-29 03:30 Europe/Berlin");
  // By half an hour only, and in the south.
  EXPECT_EQ(Zone("Australia/Lord_Howe").moment(clock("2026-10-04T02:15:00Z")), at("2026-10-03T15:45:00Z"));
}

TEST(Zone, AnHourThatComesTwiceIsTheFirst) {
  const Zone berlin("Europe/Berlin");
  EXPECT_EQ(berlin.moment(clock("2026-10-25T02:30:00Z")), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(berlin.text(at("2026-10-25T00:30:00Z")), "Sun 2026-10-25 02:30 CEST Europe/Berlin");
  EXPECT_EQ(berlin.text(at("2026-10-25T01:30:00Z")), "Sun 2026-10-25 02:30 CET Europe/Berlin");
}

TEST(Zone, ADayThatDoesNotExistIsTheNext) {
  // Samoa left out 2011-12-30.
  EXPECT_EQ(Zone("Pacific/Apia").text(Zone("Pacific/Apia").moment(clock("2011-12-30T10:00:00Z"))),
            "Sat 2011-12-31 10:00 Pacific/Apia");
}

TEST(Zone, KnowsSummerAfterTheLastYearThatFilesList) {
  EXPECT_EQ(Zone("Europe/Berlin").text(at("2061-07-01T20:00:00Z")), "Fri 2061-07-01 22:00 Europe/Berlin");
}

TEST(Zone, WhatIsNoNameReachesNoFile) {
  for (const char* name :
       {"", "/etc/passwd", "../passwd", "Europe/../UTC", "Europe//Berlin", "file:/etc/passwd", "a b",
        "posix/Europe/Berlin", "right/Europe/Berlin", "localtime", "Fixed/UTC+01:00:00", "Europe/", "-"}) {
    EXPECT_FALSE(is_zone_name(name)) << name;
    EXPECT_THROW(Zone{name}, Error) << name;
  }
  EXPECT_FALSE(is_zone_name(std::string_view("UTC\0x", 5)));
  EXPECT_FALSE(is_zone_name(std::string(65, 'a')));
  EXPECT_THROW(Zone("Europe/Berlim"), Error);
  EXPECT_THROW(Zone("Europe"), Error);
  EXPECT_THROW(Zone("zone.tab"), Error);
  EXPECT_TRUE(is_zone_name("America/Argentina/Buenos_Aires"));
  EXPECT_EQ(Zone("Etc/GMT+5").text(at("2026-01-01T12:00:00Z")), "Thu 2026-01-01 07:00 Etc/GMT+5");
}

}  // namespace
}  // namespace keelson::fleet
