#include "kube/reflector.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ManualClock;
using testing::parameter;
using testing::ScriptedTransport;
using testing::status_body;

std::string node(std::string_view name, std::string_view version, std::string_view uid = "u") {
  return fmt::format(R"({{"metadata":{{"name":"{}","uid":"{}","resourceVersion":"{}"}}}})", name, uid, version);
}
std::string event(std::string_view type, std::string_view object) {
  return fmt::format("{{\"type\":\"{}\",\"object\":{}}}\n", type, object);
}
std::string list_of(std::string_view version, std::initializer_list<std::string> items) {
  return fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}},"items":[{}]}})", version, fmt::join(items, ","));
}

/// Writes down what it is told.
class Diary final : public ChangeListener {
 public:
  void changed(const Change& change) override {
    constexpr std::string_view marks = "+~-";
    const json& object = change.after ? *change.after : *change.before;
    lines.push_back(fmt::format("{}{}@{}{}", marks[static_cast<std::size_t>(change.kind)], name_of(object),
                                resource_version_of(object), change.missed ? " missed" : ""));
    if (throws) throw std::runtime_error("the listener's own");
  }
  void synced() override { lines.push_back("synced"); }
  std::vector<std::string> lines;
  bool throws = false;
};

class ReflectorTest : public ::testing::Test {
 protected:
  std::vector<std::string> take() { return std::exchange(diary.lines, {}); }

  ScriptedTransport server;
  ManualClock clock;
  Api api{server, clock, {.random = [] { return 0.5; }}};
  Diary diary;
  ObjectCache cache{&diary};
  std::vector<std::string> complaints;
  Reflector reflector{api, nodes(), cache, {.most_line_bytes = 4096, .complain = [this](const Error& e) {
                                              complaints.push_back(e.message());
                                            }}};
};

TEST_F(ReflectorTest, ListsThenWatchesFromThere) {
  server.then(200, list_of("10", {node("a", "5"), node("b", "6")}));
  reflector.list_once({});
  EXPECT_THAT(take(), ElementsAre("+a@5", "+b@6", "synced"));
  EXPECT_TRUE(cache.is_synced());
  server.then_stream(
      {event("MODIFIED", node("a", "11")) + event("DELETED", node("b", "12")) + event("ADDED", node("c", "13"))});
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::Watch);
  EXPECT_THAT(take(), ElementsAre("~a@11", "-b@12", "+c@13"));
  EXPECT_EQ(reflector.resource_version(), "13");
  const Request watch = server.requests()[1];
  EXPECT_EQ(target_of(watch), "/api/v1/nodes?watch=1&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=450");
  EXPECT_EQ(resource_version_of(*cache.find("", "a")), "11");
  EXPECT_EQ(cache.size(), 2U);
}

TEST_F(ReflectorTest, EventsMayBeCutAnywhereIntoChunks) {
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  take();
  const std::string all = event("ADDED", node("a", "2")) + "\n" + event("MODIFIED", node("a", "3"));
  std::vector<std::string> bytes;
  for (const char c : all) bytes.emplace_back(1, c);
  server.then_stream(bytes);
  reflector.watch_once({});
  EXPECT_THAT(take(), ElementsAre("+a@2", "~a@3"));
}

TEST_F(ReflectorTest, BookmarksMoveTheVersionAndNothingElse) {
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  server.then_stream({event("BOOKMARK", R"({"metadata":{"resourceVersion":"99"}})")});
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::Watch);
  EXPECT_EQ(reflector.resource_version(), "99");
  EXPECT_THAT(take(), ElementsAre("synced"));
}

TEST_F(ReflectorTest, GoneInsideAndOutsideOf200LeadsToAList) {
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  server.then_stream({event("ERROR", status_body(410, "Expired", "too old"))});
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::List);
  server.then_stream([](const Request&, const auto&, const std::stop_token&) {
    return Streamed{.response = {.status = 410, .body = status_body(410, "Expired", "too old")}};
  });
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::List);
}

TEST_F(ReflectorTest, DeletionsThatNobodySawAreFoundByTheNextList) {
  server.then(200, list_of("1", {node("a", "1"), node("b", "1"), node("c", "1", "old")}));
  reflector.list_once({});
  take();
  server.then(200, list_of("9", {node("b", "1"), node("c", "8", "new")}));
  reflector.list_once({});
  EXPECT_THAT(take(), ElementsAre("-a@1 missed", "-c@1 missed", "+c@8", "synced"));
}

TEST_F(ReflectorTest, AnObjectMadeAnewIsDeletedAndAdded) {
  server.then(200, list_of("1", {node("a", "1", "old")}));
  reflector.list_once({});
  take();
  server.then_stream({event("ADDED", node("a", "4", "new")), event("DELETED", node("a", "3", "old"))});
  reflector.watch_once({});
  EXPECT_THAT(take(), ElementsAre("-a@1 missed", "+a@4")) << "the late deletion is about its predecessor";
}

TEST_F(ReflectorTest, AWatchThatEndsAtOnceIsRepeatedAfterAPause) {
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  server.then_stream(std::vector<std::string>{});
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::Repeat);
  server.then_stream({}, StreamEnd::Idle);
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::Watch);
}

TEST_F(ReflectorTest, AHalfEventAtACutIsAskedForAgain) {
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  const std::string second = event("ADDED", node("b", "3"));
  server.then_stream({event("ADDED", node("a", "2")) + second.substr(0, 20)});
  reflector.watch_once({});
  EXPECT_EQ(reflector.resource_version(), "2");
}

TEST_F(ReflectorTest, HostileLinesAreRefused) {
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  for (const std::string& line :
       {std::string(5000, 'x'), std::string("nonsense\n"), std::string("{}\n"), event("EXPLODED", "{}"),
        event("ADDED", "3"), event("ADDED", "{}"), std::string(3000, '[') + "\n", std::string("{\"type\":1e999}\n")}) {
    server.then_stream({line});
    EXPECT_THROW(reflector.watch_once({}), Error) << line.substr(0, 40);
  }
  EXPECT_EQ(reflector.resource_version(), "1");
}

/// Runs the reflector until `lines` lines are in the diary, then stops it.
class StoppingDiary final : public ChangeListener {
 public:
  explicit StoppingDiary(std::size_t lines) : wanted_(lines) {}
  void changed(const Change& change) override { note(name_of(change.after ? *change.after : *change.before)); }
  void synced() override { note("synced"); }
  std::stop_source stop;
  std::vector<std::string> lines;

 private:
  void note(std::string line) {
    lines.push_back(std::move(line));
    if (lines.size() >= wanted_) stop.request_stop();
  }
  std::size_t wanted_;
};

TEST_F(ReflectorTest, GoesOnThroughEverythingThatAServerDoes) {
  StoppingDiary stopping(6);
  ObjectCache own(&stopping);
  Reflector running(api, nodes(), own, {.complain = [this](const Error& e) { complaints.push_back(e.message()); }});
  server.then(403, status_body(403, "Forbidden", "User \"x\" cannot list nodes"));
  server.then(200, list_of("1", {node("a", "1")}));                              // a, synced
  server.then_stream([](const Request&, const auto&, const auto&) -> Streamed {  // cut: goes on from 1
    throw TransportError(ErrorKind::Unavailable, TransportError::Arrival::Never, "connection refused");
  });
  server.then_stream([](const Request&, const auto&, const auto&) {  // busy: goes on from 1
    return Streamed{.response = {.status = 429, .body = status_body(429, "TooManyRequests", "slow")}};
  });
  server.then_stream({event("ADDED", node("b", "2"))});                              // b
  server.then_stream({"nonsense\n"});                                                // lists anew
  server.then(200, list_of("9", {node("a", "1"), node("b", "2"), node("c", "9")}));  // c, synced
  server.then_stream({event("ADDED", node("d", "10"))});                             // d
  running.run(stopping.stop.get_token());
  EXPECT_THAT(stopping.lines, ElementsAre("a", "synced", "b", "c", "synced", "d"));
  ASSERT_EQ(complaints.size(), 4U);
  EXPECT_THAT(complaints[0], HasSubstr("the account 'x' may not"));
  std::vector<std::string> versions;
  for (const auto& request : server.requests()) {
    if (!parameter(request, "watch").empty()) versions.push_back(parameter(request, "resourceVersion"));
  }
  EXPECT_THAT(versions, ElementsAre("1", "1", "1", "2", "9"));
  EXPECT_GT(clock.passed(), 0s) << "there were pauses";
}

TEST_F(ReflectorTest, WhatTheListenerThrowsEndsIt) {
  diary.throws = true;
  server.then(200, list_of("1", {node("a", "1")}));
  EXPECT_THROW(reflector.run({}), std::runtime_error);
}

TEST_F(ReflectorTest, TheFirstListIsABarrier) {
  EXPECT_FALSE(cache.wait_until_synced(clock, 10s));
  EXPECT_EQ(clock.passed(), 10s);
  server.then(200, list_of("1", {}));
  reflector.list_once({});
  EXPECT_TRUE(cache.wait_until_synced(clock, 10s));
}

TEST_F(ReflectorTest, WhatIsNotNeededIsTrimmedFromListsAndEvents) {
  const auto trim = [](json& object) { object.erase("spec"); };
  Reflector trimming(api, nodes(), cache, {.list = {.trim = trim}});
  server.then(200, R"({"metadata":{},"items":[{"metadata":{"name":"a"},"spec":{}}]})");
  trimming.list_once({});
  server.then_stream({event("ADDED", R"({"metadata":{"name":"b"},"spec":{}})")});
  trimming.watch_once({});
  for (const auto& object : cache.all()) EXPECT_FALSE(object->contains("spec"));
}

}  // namespace
}  // namespace keelson::kube
