#include "fleet/windows/windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fleet/windows/sample_windows.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;
using sample::at;
using sample::window;
using std::chrono::Saturday;
using std::chrono::Tuesday;
using testing::HasSubstr;

Windows one(Window window) { return Windows({std::move(window)}); }

Moment opening(const Windows& windows, const std::string& from) { return windows.next_opening(at(from)).value(); }
Moment closing(const Windows& windows, const std::string& from) { return windows.next_closing(at(from)).value(); }

TEST(Windows, OpensAndClosesOverMidnight) {
  const auto nights = one(window(Weekly{{Saturday}}, 22h, 6h));
  EXPECT_FALSE(nights.is_open(at("2026-11-28T20:59:59Z")));
  EXPECT_TRUE(nights.is_open(at("2026-11-28T21:00:00Z")));
  EXPECT_TRUE(nights.is_open(at("2026-11-29T02:59:59Z")));
  EXPECT_FALSE(nights.is_open(at("2026-11-29T03:00:00Z")));
  EXPECT_EQ(opening(nights, "2026-11-29T03:00:00Z"), at("2026-12-05T21:00:00Z"));
  EXPECT_EQ(opening(nights, "2026-11-29T01:00:00Z"), at("2026-11-29T01:00:00Z"));
  EXPECT_EQ(closing(nights, "2026-11-29T01:00:00Z"), at("2026-11-29T03:00:00Z"));

  const auto before = nights.state_at(at("2026-11-26T15:00:00Z"));
  EXPECT_FALSE(before.open);
  EXPECT_EQ(before.reason, "opens Sat 2026-11-28 22:00 Europe/Berlin");
  EXPECT_EQ(before.changes, at("2026-11-28T21:00:00Z"));
  const auto within = nights.state_at(at("2026-11-28T22:00:00Z"));
  EXPECT_TRUE(within.open);
  EXPECT_EQ(within.reason, "open until Sun 2026-11-29 04:00 Europe/Berlin");
  EXPECT_EQ(within.changes, at("2026-11-29T03:00:00Z"));
}

TEST(Windows, ByDayOfTheMonthAMonthWithoutThatDayHasNone) {
  const auto last = one(window(MonthlyByDay{31}, 1h, 1h));
  EXPECT_EQ(opening(last, "2026-02-01T00:00:00Z"), at("2026-03-30T23:00:00Z"));
  EXPECT_EQ(opening(last, "2026-03-31T03:00:00Z"), at("2026-05-30T23:00:00Z"));
  EXPECT_EQ(opening(one(window(LastDayOfMonth{}, 1h, 1h)), "2028-02-10T00:00:00Z"), at("2028-02-29T00:00:00Z"));
  EXPECT_EQ(opening(one(window(MonthlyByDay{29}, 1h, 1h)), "2027-01-30T00:00:00Z"), at("2027-03-28T23:00:00Z"));
}

TEST(Windows, ByWeekdayOfTheMonth) {
  const auto on = [](unsigned nth) { return one(window(MonthlyByWeekday{nth, Tuesday}, 0h, 1h)); };
  EXPECT_EQ(opening(on(1), "2026-12-01T12:00:00Z"), at("2027-01-04T23:00:00Z"));
  EXPECT_EQ(opening(on(1), "2026-11-30T00:00:00Z"), at("2026-11-30T23:00:00Z"));  // the 1st is one
  EXPECT_EQ(opening(on(2), "2026-12-01T12:00:00Z"), at("2026-12-07T23:00:00Z"));
  EXPECT_EQ(opening(on(4), "2026-12-01T12:00:00Z"), at("2026-12-21T23:00:00Z"));
  EXPECT_EQ(opening(on(5), "2026-12-01T12:00:00Z"), at("2026-12-28T23:00:00Z"));  // of five
  EXPECT_EQ(opening(on(5), "2026-11-01T12:00:00Z"), at("2026-11-23T23:00:00Z"));  // of four
}

TEST(Windows, AWindowThatStartsInTheHourThatDoesNotExistOpensOnceAndIsAsLongAsEver) {
  const auto daily = one(window(Daily{}, 2h + 30min, 1h));
  EXPECT_EQ(opening(daily, "2026-03-28T12:00:00Z"), at("2026-03-29T01:30:00Z"));
  EXPECT_EQ(closing(daily, "2026-03-29T01:30:00Z"), at("2026-03-29T02:30:00Z"));
  EXPECT_EQ(opening(daily, "2026-03-29T02:30:00Z"), at("2026-03-30T00:30:00Z"));
}

TEST(Windows, AWindowThatStartsInTheHourThatComesTwiceOpensAtTheFirstAndNotAgain) {
  const auto daily = one(window(Daily{}, 2h + 30min, 45min));
  EXPECT_EQ(opening(daily, "2026-10-24T12:00:00Z"), at("2026-10-25T00:30:00Z"));
  EXPECT_FALSE(daily.is_open(at("2026-10-25T01:30:00Z")));  // 02:30 once more
  EXPECT_EQ(opening(daily, "2026-10-25T01:15:00Z"), at("2026-10-26T01:30:00Z"));
}

TEST(Windows, OverAChangeOfTheClocksAWindowIsAsLongAsEver) {
  const auto nights = one(window(Daily{}, 22h, 6h));
  EXPECT_EQ(closing(nights, "2026-03-28T21:00:00Z"), at("2026-03-29T03:00:00Z"));  // 05:00
  EXPECT_EQ(closing(nights, "2026-10-24T20:00:00Z"), at("2026-10-25T02:00:00Z"));  // 03:00
}

TEST(Windows, SeveralAreAUnion) {
  const Windows both({window(Daily{}, 1h, 2h, "early"), window(Daily{}, 2h, 3h, "late")});
  EXPECT_EQ(opening(both, "2026-11-26T12:00:00Z"), at("2026-11-27T00:00:00Z"));
  EXPECT_EQ(closing(both, "2026-11-27T00:00:00Z"), at("2026-11-27T04:00:00Z"));
  const Windows touching({window(Daily{}, 1h, 1h, "one"), window(Daily{}, 2h, 1h, "two")});
  EXPECT_EQ(closing(touching, "2026-11-27T00:00:00Z"), at("2026-11-27T02:00:00Z"));
}

TEST(Windows, NoneIsAlwaysOpenAndAWholeDayNeverCloses) {
  EXPECT_TRUE(Windows().state_at(at("2026-11-27T00:00:00Z")).open);
  EXPECT_EQ(Windows().next_opening(at("2026-11-27T00:00:00Z")), at("2026-11-27T00:00:00Z"));
  const auto whole = one(window(Daily{}, 0h, 24h));
  EXPECT_FALSE(whole.next_closing(at("2026-11-27T00:00:00Z")));
  EXPECT_TRUE(whole.state_at(at("2026-11-27T00:00:00Z")).changes);
}

TEST(Windows, ABlackoutOfOneClosesAll) {
  auto early = window(Daily{}, 22h, 6h, "early");
  early.blackouts = {{{at("2026-12-23T23:00:00Z"), at("2026-12-26T23:00:00Z")}, "Christmas"}};
  const Windows both({early, window(Daily{}, 23h, 4h, "late")});
  EXPECT_EQ(closing(both, "2026-12-23T22:00:00Z"), at("2026-12-23T23:00:00Z"));  // in the middle of both
  EXPECT_FALSE(both.is_open(at("2026-12-24T22:30:00Z")));
  EXPECT_EQ(opening(both, "2026-12-23T23:00:00Z"), at("2026-12-26T23:00:00Z"));
}

TEST(Windows, ItsFirstAndLastDaysCutIt) {
  auto nights = window(Daily{}, 22h, 6h);
  nights.not_before = at("2026-11-27T00:00:00Z");
  nights.not_after = at("2026-11-28T00:00:00Z");
  const auto windows = one(nights);
  EXPECT_EQ(opening(windows, "2026-11-01T00:00:00Z"), at("2026-11-27T00:00:00Z"));
  EXPECT_EQ(closing(windows, "2026-11-27T00:00:00Z"), at("2026-11-27T03:00:00Z"));
  EXPECT_EQ(closing(windows, "2026-11-27T22:00:00Z"), at("2026-11-28T00:00:00Z"));
  EXPECT_FALSE(windows.next_opening(at("2026-11-28T00:00:00Z")));
}

TEST(Windows, OneThatNeverOpensSaysWhy) {
  auto over = window(Daily{}, 22h, 6h);
  over.not_after = at("2026-11-01T00:00:00Z");
  EXPECT_EQ(one(over).state_at(at("2026-11-26T00:00:00Z")).reason,
            "never opens: window 'nights' was the last to end, Sun 2026-11-01 01:00 Europe/Berlin");

  auto frozen = window(Daily{}, 22h, 6h);
  frozen.not_after = at("2027-01-01T00:00:00Z");
  frozen.blackouts = {{{at("2026-11-25T23:00:00Z"), at("2027-02-01T23:00:00Z")}, "freeze"}};
  EXPECT_THAT(one(frozen).state_at(at("2026-11-26T00:00:00Z")).reason, HasSubstr("the blackout 'freeze' lasts until"));

  auto far = window(Daily{}, 22h, 6h);
  far.not_before = at("2099-01-01T00:00:00Z");
  EXPECT_THAT(one(far).state_at(at("2026-11-26T00:00:00Z")).reason, HasSubstr("too far away"));

  auto missed = window(MonthlyByDay{15}, 22h, 1h);
  missed.not_before = at("2026-11-20T00:00:00Z");
  missed.not_after = at("2026-12-10T00:00:00Z");
  EXPECT_THAT(one(missed).state_at(at("2026-11-26T00:00:00Z")).reason, HasSubstr("no opening between"));
  try {
    one(missed).require_opening(at("2026-11-26T00:00:00Z"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Refused);
    EXPECT_THAT(error.message(), HasSubstr("cannot wait for maintenance window 'nights'"));
  }
}

// Whatever the window: what is told ahead is what is found when the time has come.
TEST(Windows, WhatIsToldAheadComesTrue) {
  std::vector<Window> kinds{window(Daily{}, 2h + 30min, 20h), window(Weekly{{Saturday, Tuesday}}, 23h + 45min, 30h),
                            window(MonthlyByDay{31}, 2h, 7 * 24h),
                            window(MonthlyByWeekday{5, Saturday}, 2h + 15min, 1h)};
  for (auto& kind : kinds) kind.blackouts = {{{at("2026-05-30T22:00:00Z"), at("2026-06-02T22:00:00Z")}, ""}};
  kinds.push_back(kinds[0]);
  kinds.back().zone = Zone("Australia/Lord_Howe");
  for (const auto& kind : kinds) {
    const auto windows = one(kind);
    bool open = windows.is_open(at("2026-01-01T00:00:00Z"));
    auto changes = windows.state_at(at("2026-01-01T00:00:00Z")).changes.value();
    for (Moment now = at("2026-01-01T00:00:00Z"); now < at("2027-01-01T00:00:00Z"); now += 15min) {
      if (now >= changes) {
        open = !open;
        changes = windows.state_at(now).changes.value();
      }
      ASSERT_EQ(windows.is_open(now), open) << kind.zone.text(now);
    }
  }
}

TEST(Windows, TooManyAreRefused) {
  EXPECT_THROW(Windows(std::vector<Window>(kMostWindows + 1, window(Daily{}, 1h, 1h))), Error);
}

}  // namespace
}  // namespace keelson::fleet
