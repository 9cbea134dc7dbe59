#include "fleet/windows/read_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fleet/windows/sample_windows.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;
using sample::at;
using testing::HasSubstr;

json resource(json spec) {
  return {{"apiVersion", "keelson.dev/v1alpha1"},
          {"kind", "MaintenanceWindow"},
          {"metadata", {{"name", "nights"}, {"uid", "1"}}},
          {"spec", std::move(spec)}};
}

json spec() {
  return {{"timeZone", "Europe/Berlin"},
          {"start", "22:00"},
          {"duration", "6h"},
          {"weekly", {{"days", {"Saturday", "Sunday"}}}},
          {"notBefore", "2026-12-01"},
          {"notAfter", "2027-06-30"},
          {"blackouts", {{{"from", "2026-12-20"}, {"to", "2027-01-06"}, {"reason", "year-end freeze"}}}}};
}

std::string refusal(const json& document) {
  try {
    read_window(document);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "";
}

std::string refusal_with(const char* key, json value) {
  json changed = spec();
  changed[key] = std::move(value);
  return refusal(resource(changed));
}

TEST(ReadWindow, ReadsAResource) {
  const auto window = read_window(resource(spec()));
  EXPECT_EQ(window.name, "nights");
  EXPECT_EQ(window.zone.name(), "Europe/Berlin");
  EXPECT_EQ(window.start, std::chrono::hours(22));
  EXPECT_EQ(window.duration, std::chrono::hours(6));
  EXPECT_EQ(window.repeat, Repeat(Weekly{{std::chrono::Saturday, std::chrono::Sunday}}));
  EXPECT_EQ(window.not_before, at("2026-11-30T23:00:00Z"));
  EXPECT_EQ(window.not_after, at("2027-06-30T22:00:00Z"));  // the day is included
  ASSERT_EQ(window.blackouts.size(), 1U);
  EXPECT_EQ(window.blackouts[0].span, (Span{at("2026-12-19T23:00:00Z"), at("2027-01-06T23:00:00Z")}));
  EXPECT_EQ(window.blackouts[0].reason, "year-end freeze");
}

TEST(ReadWindow, ReadsEveryKindOfRepeat) {
  const auto read = [](const char* kind, json value) {
    json changed = spec();
    changed.erase("weekly");
    changed[kind] = std::move(value);
    return read_window(resource(changed)).repeat;
  };
  EXPECT_EQ(read("daily", json::object()), Repeat(Daily{}));
  EXPECT_EQ(read("monthly", {{"day", 31}}), Repeat(MonthlyByDay{31}));
  EXPECT_EQ(read("monthly", {{"day", "last"}}), Repeat(LastDayOfMonth{}));
  EXPECT_EQ(read("monthly", {{"week", "Last"}, {"weekday", "Friday"}}),
            Repeat(MonthlyByWeekday{5, std::chrono::Friday}));
}

TEST(ReadWindow, NamesEveryMistakeWithItsPlace) {
  json wrong = {{"timezone", "Europe/Berlin"},
                {"start", "25:00"},
                {"duration", "6 hours"},
                {"weekly", {{"days", {"Saturday", "Sonday", 3}}}},
                {"notBefore", "2026-13-01"},
                {"blackouts", {{{"from", "2027-01-06"}, {"to", "2026-12-20"}}, {{"from", "2027-01-06"}}, 7}}};
  const auto text = refusal(resource(wrong));
  for (const char* part :
       {"cannot read maintenance window 'nights': ", "spec.timezone: is not known here; did you mean 'timeZone'?",
        "spec.timeZone: is missing", "spec.start: '25:00' is not a time of day",
        "spec.duration: '6 hours' is not a time from 15 minutes to 168 hours",
        "spec.weekly.days[1]: 'Sonday' is not Sunday, Monday", "did you mean 'Sunday'?",
        "spec.weekly.days[2]: is not a text", "spec.notBefore: '2026-13-01' is neither a day",
        "spec.blackouts[0]: ends before it begins", "spec.blackouts[1].to: is missing",
        "spec.blackouts[2]: is not an object"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(ReadWindow, RefusesWhatIsNoWindow) {
  EXPECT_THAT(refusal(json::array()), HasSubstr("is not an object"));
  EXPECT_THAT(refusal(json::object()),
              HasSubstr("3 mistakes\n  kind: is missing\n  metadata: is missing\n  spec: is missing"));
  EXPECT_THAT(refusal(resource("x")), HasSubstr("spec: is not an object"));
  EXPECT_THAT(refusal_with("daily", json::object()), HasSubstr("spec: needs one of 'daily', 'weekly' and 'monthly'"));
  EXPECT_THAT(refusal_with("weekly", {{"days", json::array()}}), HasSubstr("has 0 entries, not 1 to 7"));
  EXPECT_THAT(refusal_with("weekly", {{"days", {"Sunday", "Sunday"}}}), HasSubstr("days[1]: is there twice"));
  EXPECT_THAT(refusal_with("duration", "169h"), HasSubstr("is not a time from"));
  EXPECT_THAT(refusal_with("duration", "14m"), HasSubstr("is not a time from"));
  EXPECT_THAT(refusal_with("duration", 3600), HasSubstr("is not a text"));
  EXPECT_THAT(refusal_with("timeZone", "../../etc/passwd"), HasSubstr("spec.timeZone: is not a time zone"));
  EXPECT_THAT(refusal_with("timeZone", std::string(100'000, 'x')), HasSubstr("is longer than 256 bytes"));
  EXPECT_THAT(refusal_with("notAfter", "2026-11-01"), HasSubstr("spec.notAfter: is not after notBefore"));
  EXPECT_THAT(refusal_with("notAfter", "2027-11-01T00:00:00"), HasSubstr("nor a moment with its offset"));
  EXPECT_EQ(refusal_with("notAfter", "2027-11-01T00:00:00+02:00"), "");
  EXPECT_THAT(refusal_with("blackouts", json::array_t(65, json::object())), HasSubstr("has 65 entries, not 0 to 64"));
}

TEST(ReadWindow, ReadsAListOfAPlanFile) {
  json first = spec();
  first["name"] = "one";
  json second = first;
  JsonFindings findings;
  const json list{first, second};
  EXPECT_EQ(read_window_list({&list, "windows", findings}).size(), 2U);
  EXPECT_THAT(findings.texts(), testing::ElementsAre("windows[1].name: is that of another window, too"));
}

TEST(ReadWindow, ReadsAFileOfAnyKind) {
  EXPECT_EQ(read_window_document(resource(spec()), "f").size(), 1U);
  EXPECT_EQ(read_window_document(
                {{"apiVersion", "v1"}, {"kind", "List"}, {"items", {resource(spec()), resource(spec())}}}, "f")
                .size(),
            2U);
  json named = spec();
  named["name"] = "one";
  EXPECT_EQ(read_window_document({{"windows", {named}}}, "f").at(0).name, "one");
  const auto refused = [](const json& document) {
    try {
      read_window_document(document, "windows.yaml");
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_THAT(refused(json::array()),
              HasSubstr("cannot read maintenance windows 'windows.yaml': the document: is not an object"));
  EXPECT_THAT(refused(json::object()), HasSubstr("windows: is missing"));
  EXPECT_THAT(refused({{"windows", json::array()}}), HasSubstr("holds no maintenance window"));
  EXPECT_THAT(refused({{"items", {resource({{"start", "x"}}), {{"kind", "Pod"}}}}}),
              HasSubstr("items[0].spec.start: 'x' is not"));
  EXPECT_THAT(refused({{"items", {{{"kind", "Pod"}}}}}), HasSubstr("items[0].kind: is not MaintenanceWindow"));
}

TEST(ReadWindow, ManyMistakesAreCountedAndNotKept) {
  json many = spec();
  for (int i = 0; i < 1000; ++i) many["x" + std::to_string(i)] = 1;
  EXPECT_THAT(refusal(resource(many)), HasSubstr("\n  and 968 more"));
}

}  // namespace
}  // namespace keelson::fleet
