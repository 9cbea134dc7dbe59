#include "node/agent.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "fleet/resources/kinds.h"
#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"
#include "node/carry_out.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::node {
namespace {

using namespace std::chrono_literals;
using kube::Request;
using kube::Response;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// One NodeRecord, as an API server keeps it.
class RecordServer {
 public:
  Response answer(const Request& request) {
    ++requests;
    if (request.method == "GET") return record.is_null() ? missing() : found();
    if (request.method == "POST") {
      record = json::parse(request.body);
      return changed();
    }
    json patch = json::parse(request.body);
    if (patch.contains("metadata")) {
      if (patch["metadata"]["resourceVersion"] != record["metadata"]["resourceVersion"])
        return {.status = 409, .body = kube::testing::status_body(409, "Conflict", "it has changed")};
      patch.erase("metadata");
    }
    if (!request.path.ends_with("/status")) return {.status = 403};  // the node writes nothing else
    record.merge_patch(patch);
    return changed();
  }
  void ask(const std::string& name) {
    record["spec"]["operation"] = {{"name", name}, {"release", {{"name", "host-2"}}}};
    changed();
  }
  std::string state_of(const std::string& name) const {
    const std::string told = kube::text_at(record, {"status", "operation", "name"});
    return told == name ? kube::text_at(record, {"status", "operation", "state"}) : "";
  }

  json record;
  std::size_t requests = 0;

 private:
  Response found() const { return {.status = 200, .body = record.dump()}; }
  static Response missing() { return {.status = 404, .body = kube::testing::status_body(404, "NotFound", "none")}; }
  Response changed() {
    record["metadata"]["resourceVersion"] = std::to_string(++version_);
    record["metadata"]["name"] = "n1";
    record["metadata"]["uid"] = "u";
    return found();
  }
  int version_ = 0;
};

/// Does at once, or never, what a process would.
class FakeRunner final : public Runner {
 public:
  explicit FakeRunner(const OperationFile& file) : file_(file) {}
  void start(const std::string& operation) override {
    starts.push_back(operation);
    if (!is_stillborn) carry_out(file_, {.command = command}, operation, boot_id);
  }
  bool is_alive() override { return false; }

  std::vector<std::string> starts;
  std::vector<std::string> command{"true"};
  std::string boot_id = "b1";
  bool is_stillborn = false;

 private:
  const OperationFile& file_;
};

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    transport.otherwise([this](const Request& request) { return server.answer(request); });
    config.update = UpdateProgram{.command = {"true"}};
    make_agent();
  }
  // As a restart of the program does.
  void make_agent() {
    agent.emplace(AgentParts{
        .api = &api,
        .cache = &cache,
        .node = "n1",
        .config = &config,
        .file = &file,
        .runner = &runner,
        .look = [this] { return Booted{.report = {.boot_id = runner.boot_id, .booted = booted}, .parts = {}}; },
        .audit = [this] { return drift; },
        .reboot = [this] { reboots.push_back(runner.boot_id); },
        .tell = [this](std::string line) { told.push_back(std::move(line)); }});
  }
  void watch() { cache.replace(server.record.is_null() ? std::vector<json>{} : std::vector<json>{server.record}); }
  /// Looks until there is nothing more to do.
  void settle() {
    for (int i = 0; i < 30; ++i) {
      watch();
      agent->step();
    }
  }

  RecordServer server;
  kube::testing::ScriptedTransport transport;
  kube::testing::ManualClock clock;
  kube::Api api{transport, clock, {.attempts = 1}};
  kube::ObjectCache cache;
  TempDir folder{"agent"};
  OperationFile file{folder.path()};
  NodeConfig config;
  fleet::Release booted{.name = "host-1", .kernel = "6.12"};
  Drift drift;
  FakeRunner runner{file};
  std::vector<std::string> reboots, told;
  std::optional<Agent> agent;
};

TEST_F(AgentTest, ReportsOnceAndAgainWhenSomethingHasChanged) {
  settle();
  EXPECT_EQ(server.record["status"]["bootID"], "b1");
  EXPECT_EQ(server.record["status"]["booted"], (json{{"name", "host-1"}, {"kernel", "6.12"}}));
  EXPECT_EQ(server.requests, 2U);  // made, and written
  clock.advance(5min);
  settle();
  EXPECT_EQ(server.requests, 2U);
  booted = {.name = "host-1", .containerd = "1.7"};
  clock.advance(6min);
  settle();
  EXPECT_EQ(server.record["status"]["booted"], (json{{"name", "host-1"}, {"containerd", "1.7"}}));
  EXPECT_EQ(server.requests, 3U);
}

TEST_F(AgentTest, AnOperationTakesFewRequests) {
  settle();
  server.ask("a");
  const auto before = server.requests;
  settle();
  EXPECT_EQ(server.state_of("a"), "Succeeded");
  EXPECT_THAT(runner.starts, ElementsAre("a"));
  EXPECT_THAT(reboots, ElementsAre("b1"));
  EXPECT_LE(server.requests - before, 8U);
  // Nothing happens afterwards, and after the reboot.
  runner.boot_id = "b2";
  make_agent();
  settle();
  EXPECT_THAT(reboots, ElementsAre("b1"));
  EXPECT_EQ(server.record["status"]["bootID"], "b2");
}

TEST_F(AgentTest, AFailureIsToldAndNothingReboots) {
  settle();
  server.ask("a");
  runner.command = {"false"};
  settle();
  EXPECT_EQ(server.state_of("a"), "Failed");
  EXPECT_THAT(reboots, IsEmpty());
}

TEST_F(AgentTest, WhatTheWatchBroughtLateIsNotDone) {
  settle();
  server.ask("a");
  watch();
  server.ask("b");  // the watch does not know it yet
  for (int i = 0; i < 10; ++i) agent->step();
  EXPECT_THAT(runner.starts, ::testing::Not(::testing::Contains("a")));
  // Taken back after it ran: no result, no reboot.
  settle();
  EXPECT_THAT(runner.starts, ElementsAre("b"));
  EXPECT_THAT(reboots, ElementsAre("b1"));
}

TEST_F(AgentTest, TakenBackBeforeTheRebootNothingReboots) {
  settle();
  server.ask("a");
  while (runner.starts.empty()) {
    watch();
    agent->step();
  }
  server.record["spec"].erase("operation");
  server.record["metadata"]["resourceVersion"] = "1000";
  settle();
  EXPECT_EQ(server.state_of("a"), "Running");
  EXPECT_THAT(reboots, IsEmpty());
}

TEST_F(AgentTest, WithoutAnUpdateProgramOperationsAreLeftToOthers) {
  config.update.reset();
  settle();
  server.ask("a");
  settle();
  EXPECT_EQ(server.state_of("a"), "");
  EXPECT_FALSE(file.read());
}

TEST_F(AgentTest, ADamagedStateFileFailsOperationsAndDoesNothing) {
  settle();
  write_file(folder.path() / "operation.json", "{");
  server.ask("a");
  settle();
  EXPECT_EQ(server.state_of("a"), "Failed");
  EXPECT_THAT(runner.starts, IsEmpty());
}

TEST_F(AgentTest, ABrokenRecordDoesNotKeepTheBootFromBeingReported) {
  settle();
  server.record["spec"]["operation"] = 7;
  runner.boot_id = "b2";
  make_agent();
  watch();
  agent->step();
  EXPECT_EQ(server.record["status"]["bootID"], "b2");
  watch();
  EXPECT_THROW(agent->step(), Error);
}

TEST_F(AgentTest, DriftIsLookedForAsOftenAsConfigured) {
  config.audit.every = 24h;
  drift.findings = {{DriftLevel::Files, "/etc/x", "is gone"}};
  settle();
  EXPECT_EQ(server.record["status"]["drift"]["files"], 1);
  const auto before = server.requests;
  make_agent();  // a restart is no reason
  settle();
  EXPECT_EQ(server.requests, before);
  clock.advance(25h);
  drift.findings.clear();
  settle();
  EXPECT_EQ(server.record["status"]["drift"]["files"], 0);
  EXPECT_EQ(server.requests, before + 1);
}

// The server fails, forgets to answer, and changes its mind; the program is restarted anywhere; runners die.
TEST_F(AgentTest, WhateverFailsNothingIsDoneTwice) {
  const std::string ran = folder.path() / "ran";
  runner.command = {"sh", "-c", "cat >> \"$0\"", ran};
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 dice(seed);
    const auto happens = [&](unsigned percent) { return dice() % 100 < percent; };
    transport.otherwise([&](const Request& request) {
      if (happens(10))
        throw kube::TransportError(ErrorKind::Unavailable, kube::TransportError::Arrival::Never, "cannot connect");
      if (happens(5)) return Response{.status = 500};
      auto answer = server.answer(request);
      if (happens(10))
        throw kube::TransportError(ErrorKind::Unavailable, kube::TransportError::Arrival::Perhaps, "cut");
      return answer;
    });
    const std::string first = fmt::format("op-{}-1", seed), second = fmt::format("op-{}-2", seed);
    runner.starts.clear();
    reboots.clear();
    runner.boot_id = fmt::format("boot-{}", seed);
    make_agent();
    for (int i = 0; i < 60; ++i) {
      if (i == 5) server.ask(first);
      if (i == 25) server.ask(second);
      if (happens(60)) watch();
      if (happens(10)) make_agent();
      runner.is_stillborn = happens(20);
      try {
        agent->step();
      } catch (const Error&) {
        clock.advance(2s);
      }
    }
    transport.otherwise([this](const Request& request) { return server.answer(request); });
    runner.is_stillborn = false;
    settle();
    EXPECT_EQ(server.state_of(second), "Succeeded") << seed;
    // A runner that died before it began is started again; one that has begun is not.
    EXPECT_EQ(file.read()->name, second) << seed;
    EXPECT_EQ(file.read()->phase, Phase::Installed) << seed;
    EXPECT_GE(reboots.size(), 1U) << seed;
  }
  const std::string text = read_file(ran);
  const auto lines = split(text, '\n');
  EXPECT_EQ(std::set<std::string_view>(lines.begin(), lines.end()).size(), lines.size()) << text;
}

}  // namespace
}  // namespace keelson::node
