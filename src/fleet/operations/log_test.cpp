#include "fleet/operations/log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "kube/testing/manual_clock.h"

namespace keelson::fleet {
namespace {

struct Lines {
  std::vector<std::string> all;
  LogOptions options(LogFormat format = LogFormat::Json) {
    return {.format = format, .write = [this](std::string_view line) { all.emplace_back(line); }};
  }
};

using Clock = kube::testing::ManualClock;

TEST(Log, IsALinePerMessageForPrograms) {
  Clock clock;
  Lines lines;
  clock.advance(std::chrono::milliseconds(123));
  Log(clock, lines.options()).info("node drained", {{"node", "n7"}, {"seconds", 41}, {"share", 0.5}, {"ours", true}});
  ASSERT_EQ(lines.all.size(), 1U);
  EXPECT_EQ(lines.all[0],
            "{\"time\":\"2026-11-26T10:00:00.123Z\",\"level\":\"info\",\"message\":\"node drained\",\"node\":\"n7\","
            "\"seconds\":41,\"share\":0.5,\"ours\":true}\n");
}

TEST(Log, IsALinePerMessageForPeople) {
  Clock clock;
  Lines lines;
  Log(clock, lines.options(LogFormat::Text)).warn("node waits", {{"node", "n7"}, {"why", "budget \"web\" allows 0"}});
  ASSERT_EQ(lines.all.size(), 1U);
  EXPECT_EQ(lines.all[0], "2026-11-26T10:00:00.000Z WARNING node waits node=n7 why=\"budget \\\"web\\\" allows 0\"\n");
}

TEST(Log, StringsFromOutsideStayInTheirLine) {
  Clock clock;
  Lines lines;
  const std::string hostile = "a\r\n{\"level\":\"error\"}\x1b[2J\x7f\xff\xe2\x80\xae";
  Log(clock, lines.options(LogFormat::Text)).info(hostile, {{"by", hostile}});
  Log(clock, lines.options()).info(hostile, {{"by", hostile}, {"ratio", std::nan("")}});
  ASSERT_EQ(lines.all.size(), 2U);
  for (const auto& line : lines.all) {
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find_first_of("\r\x1b\x7f\xff"), std::string::npos);
    EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos);
  }
  const auto parsed = nlohmann::json::parse(lines.all[1]);
  EXPECT_EQ(parsed["by"], "a?\n{\"level\":\"error\"}?[2J???");
  EXPECT_EQ(parsed["ratio"], "nan");
}

TEST(Log, AFieldDoesNotReplaceWhatEveryLineHas) {
  Clock clock;
  Lines lines;
  Log(clock, lines.options()).info("one", {{"level", "error"}, {"time", "never"}});
  const auto parsed = nlohmann::json::parse(lines.all.at(0));
  EXPECT_EQ(parsed["level"], "info");
  EXPECT_EQ(parsed["time"], "2026-11-26T10:00:00.000Z");
}

TEST(Log, SaysHowOftenALineWasRepeated) {
  Clock clock;
  Lines lines;
  Log log(clock, lines.options());
  for (int i = 0; i < 121; ++i) {
    log.warn("cannot reach the server", {{"part", "nodes"}});
    clock.advance(std::chrono::milliseconds(400));
  }
  EXPECT_EQ(lines.all.size(), 1U);
  clock.advance(std::chrono::seconds(60));
  log.info("another");
  ASSERT_EQ(lines.all.size(), 3U);
  EXPECT_EQ(nlohmann::json::parse(lines.all[1])["repeated"], 120);
  EXPECT_EQ(nlohmann::json::parse(lines.all[1])["part"], "nodes");
  EXPECT_FALSE(nlohmann::json::parse(lines.all[2]).contains("repeated"));
}

TEST(Log, WhatWasRepeatedIsToldAtTheEnd) {
  Clock clock;
  Lines lines;
  {
    Log log(clock, lines.options(LogFormat::Text));
    for (int i = 0; i < 3; ++i) log.warn("again");
  }
  ASSERT_EQ(lines.all.size(), 2U);
  EXPECT_TRUE(lines.all[1].ends_with(" again … repeated 2 times\n"));
}

TEST(Log, AnEventThatComesAgainMuchLaterIsNoRepetition) {
  Clock clock;
  Lines lines;
  Log log(clock, lines.options());
  log.info("became leader");
  clock.advance(std::chrono::minutes(2));
  log.info("became leader");
  EXPECT_EQ(lines.all.size(), 2U);
}

TEST(Log, ManyDifferentLinesAreAllTold) {
  Clock clock;
  Lines lines;
  Log log(clock, lines.options());
  for (int i = 0; i < 5000; ++i) log.info("node", {{"number", i}});
  EXPECT_EQ(lines.all.size(), 5000U);
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  Clock clock;
  Lines lines;
  auto options = lines.options();
  options.least = LogLevel::Warning;
  Log log(clock, options);
  log.debug("a");
  log.info("b");
  log.error("c");
  EXPECT_EQ(lines.all.size(), 1U);
  EXPECT_EQ(parse_log_level("debug"), LogLevel::Debug);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

TEST(Log, AFailureBringsItsContextAndHint) {
  Clock clock;
  Lines lines;
  Log log(clock, lines.options());
  Error error(ErrorKind::Refused, "cannot list 'nodes': forbidden", "the ClusterRole needs 'list' on nodes");
  error.add_context("listing nodes");
  error.add_context("observing the cluster");
  log.complaints("nodes")(error);
  const auto parsed = nlohmann::json::parse(lines.all.at(0));
  EXPECT_EQ(parsed["level"], "warning");
  EXPECT_EQ(parsed["message"], "cannot list 'nodes': forbidden");
  EXPECT_EQ(parsed["part"], "nodes");
  EXPECT_EQ(parsed["kind"], "refused");
  EXPECT_EQ(parsed["context"], "while listing nodes, while observing the cluster");
  EXPECT_EQ(parsed["hint"], "the ClusterRole needs 'list' on nodes");
}

TEST(Log, LinesOfSeveralThreadsAreWhole) {
  Clock clock;
  Lines lines;
  {
    Log log(clock, lines.options());
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&log, thread] {
        for (int i = 0; i < 200; ++i) log.info("line", {{"thread", thread}, {"i", i}});
      });
    }
  }
  ASSERT_EQ(lines.all.size(), 800U);
  for (const auto& line : lines.all) EXPECT_TRUE(nlohmann::json::accept(line));
}

}  // namespace
}  // namespace keelson::fleet
