#include "kube/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;
using testing::ScriptedTransport;
using testing::status_body;

/// One Lease, with versions and conflicts as an API server has them.
class LeaseServer {
 public:
  LeaseServer() {
    transport.otherwise([this](const Request& request) { return answer(request); });
  }

  Response answer(const Request& request) {
    if (cut) throw TransportError(ErrorKind::Unavailable, TransportError::Arrival::Perhaps, "cut");
    if (clock != nullptr) clock->advance(delay);
    Response response = act(request);
    if (cut_answers) throw TransportError(ErrorKind::Unavailable, TransportError::Arrival::Perhaps, "cut");
    return response;
  }

  ScriptedTransport transport;
  json lease;  // null: none
  int version = 0;
  bool cut = false;
  bool cut_answers = false;  // the server acts, and nobody hears of it
  ManualClock* clock = nullptr;
  Clock::Duration delay{};

 private:
  Response act(const Request& request) {
    if (request.method == "GET") {
      if (lease.is_null()) return {.status = 404, .body = status_body(404, "NotFound", "no lease")};
      return {.status = 200, .body = lease.dump()};
    }
    const json body = json::parse(request.body);
    if (request.method == "POST") {
      if (!lease.is_null()) return {.status = 409, .body = status_body(409, "AlreadyExists", "there is one")};
      lease = body;
    } else {
      if (lease.is_null()) return {.status = 404, .body = status_body(404, "NotFound", "no lease")};
      const std::string wanted = resource_version_of(body);
      if (!wanted.empty() && wanted != resource_version_of(lease)) {
        return {.status = 409, .body = status_body(409, "Conflict", "changed")};
      }
      lease.merge_patch(body);
    }
    lease["metadata"]["resourceVersion"] = std::to_string(++version);
    return {.status = 200, .body = lease.dump()};
  }
};

class LeaseTest : public ::testing::Test {
 protected:
  LeaseOptions options(std::string identity) const {
    return {.space = "ops", .name = "keelson", .identity = std::move(identity)};
  }

  LeaseServer server;
  ManualClock clock;
  Api api{server.transport, clock, {.attempts = 1}};
  LeaderElector a{api, options("a")};
  LeaderElector b{api, options("b")};
};

TEST_F(LeaseTest, TheFirstBecomesLeaderAndTheSecondWaits) {
  a.step();
  EXPECT_TRUE(a.is_leader());
  EXPECT_EQ(a.token()->text(), "0/a");
  b.step();
  EXPECT_FALSE(b.is_leader());
  EXPECT_EQ(b.holder(), "a");
  EXPECT_EQ(b.token(), std::nullopt);
}

TEST_F(LeaseTest, ALeaderThatRenewsStaysLeaderWithOneRequestEach) {
  a.step();
  const auto before = server.transport.requests().size();
  for (int i = 0; i < 30; ++i) {
    clock.advance(2s);
    a.step();
    b.step();
    ASSERT_TRUE(a.is_leader());
    ASSERT_FALSE(b.is_leader());
  }
  EXPECT_EQ(server.transport.requests().size() - before, 60U);
  EXPECT_EQ(a.token()->transitions, 0);
}

// A replica that waits asks day and night: seldom, but in time for the lease's end.
TEST_F(LeaseTest, WhoWaitsLooksSeldomAndInTimeForTheEnd) {
  LeaseOptions patient = options("c");
  patient.waiting_period = 5s;
  LeaderElector c(api, patient);
  a.step();
  EXPECT_GE(c.step(), clock.now() + 5s) << "somebody holds it";
  EXPECT_GE(b.step(), clock.now() + 2s);
  EXPECT_LT(b.step(), clock.now() + 5s) << "without a period of its own it is the usual one";
  clock.advance(14s);
  const auto next = c.step();
  EXPECT_GT(next, clock.now() + 1s);
  EXPECT_LT(next, clock.now() + 3s) << "it ends in a second";
  a.release();
  EXPECT_FALSE(a.is_leader());
  c.step();
  EXPECT_TRUE(c.is_leader());
  EXPECT_EQ(c.step(), clock.now() + 2s) << "who leads renews as always";
}

TEST_F(LeaseTest, ALeaderThatIsCutOffStopsBeforeAnotherBegins) {
  a.step();
  b.step();
  bool a_was_down_first = false;
  for (int i = 0; i < 200 && !b.is_leader(); ++i) {
    clock.advance(100ms);
    b.step();
    if (!a.is_leader()) a_was_down_first = true;
    ASSERT_FALSE(a.is_leader() && b.is_leader());
  }
  EXPECT_TRUE(a_was_down_first);
  EXPECT_TRUE(b.is_leader());
  EXPECT_EQ(b.token()->text(), "1/b");
  EXPECT_GE(clock.passed(), 15s);
  // It comes back and finds out.
  a.step();
  EXPECT_FALSE(a.is_leader());
  EXPECT_EQ(a.holder(), "b");
}

TEST_F(LeaseTest, LeadershipCountsFromWhenTheRenewalWasSent) {
  a.step();
  server.clock = &clock;
  server.delay = 9s;  // the answer takes that long
  a.step();
  EXPECT_TRUE(a.is_leader());
  clock.advance(1s);
  EXPECT_FALSE(a.is_leader());
}

TEST_F(LeaseTest, ARenewalWhoseAnswerWasLostIsFoundToBeOurs) {
  a.step();
  server.cut_answers = true;
  clock.advance(2s);
  a.step();
  EXPECT_TRUE(a.is_leader());
  server.cut_answers = false;
  clock.advance(2s);
  a.step();
  EXPECT_TRUE(a.is_leader());
  clock.advance(9s);
  EXPECT_TRUE(a.is_leader()) << "it was renewed again";
  EXPECT_EQ(a.token()->transitions, 0);
}

TEST_F(LeaseTest, ARenewalThatHangsLeavesTimeForAnother) {
  a.step();
  for (const auto& request : server.transport.requests()) EXPECT_EQ(request.deadline, 5s);
}

TEST_F(LeaseTest, AReleasedLeaseIsTakenAtOnceWithAHigherToken) {
  a.step();
  b.step();
  a.release();
  EXPECT_FALSE(a.is_leader());
  b.step();
  EXPECT_TRUE(b.is_leader());
  EXPECT_EQ(b.token()->transitions, 1);
}

TEST_F(LeaseTest, ARestartWithTheSameNameWaitsAndGetsAHigherToken) {
  a.step();
  LeaderElector again(api, options("a"));
  again.step();
  EXPECT_FALSE(again.is_leader()) << "the first may still be at work";
  clock.advance(15s);
  again.step();
  EXPECT_TRUE(again.is_leader());
  EXPECT_EQ(again.token()->transitions, 1);
}

TEST_F(LeaseTest, ALeaseThatIsAnnotatedIsStillOurs) {
  a.step();
  server.lease["metadata"]["annotations"]["x"] = "y";
  server.lease["metadata"]["resourceVersion"] = std::to_string(++server.version);
  clock.advance(2s);
  a.step();
  EXPECT_TRUE(a.is_leader());
  EXPECT_EQ(a.token()->transitions, 0);
}

TEST_F(LeaseTest, ALeaseThatSomebodyDeletedIsMadeAnewWithAHigherToken) {
  a.step();
  server.lease = nullptr;
  clock.advance(2s);
  a.step();
  EXPECT_TRUE(a.is_leader());
  EXPECT_EQ(a.token()->transitions, 1);
}

TEST_F(LeaseTest, ALeaseThatAnotherTookByForceIsLostAtOnce) {
  a.step();
  server.lease["spec"]["holderIdentity"] = "c";
  server.lease["metadata"]["resourceVersion"] = std::to_string(++server.version);
  clock.advance(2s);
  a.step();
  EXPECT_FALSE(a.is_leader());
}

TEST_F(LeaseTest, ALeaseOfNonsenseIsTakenWhenItHasStoodLongEnough) {
  server.lease = json::parse(R"({"metadata":{"resourceVersion":"x"},"spec":{"holderIdentity":"z",
      "leaseDurationSeconds":-5,"leaseTransitions":"many"}})");
  a.step();
  EXPECT_FALSE(a.is_leader());
  clock.advance(15s);
  a.step();
  EXPECT_TRUE(a.is_leader());
}

TEST_F(LeaseTest, AServerThatIsAwayIsComplainedAbout) {
  std::vector<std::string> complaints;
  auto complaining = options("c");
  complaining.complain = [&](const Error& error) { complaints.push_back(error.message()); };
  LeaderElector c(api, complaining);
  server.cut = true;
  EXPECT_GT(c.step(), clock.now());
  EXPECT_EQ(complaints, std::vector<std::string>{"cut"});
}

TEST_F(LeaseTest, RunReleasesAtItsEnd) {
  std::stop_source source;
  int steps = 0;
  server.transport.otherwise([&](const Request& request) {
    if (++steps == 4) source.request_stop();
    return server.answer(request);
  });
  a.run(source.get_token());
  EXPECT_FALSE(a.is_leader());
  EXPECT_EQ(server.lease["spec"]["holderIdentity"], "");
}

TEST_F(LeaseTest, DurationsThatMakeNoSenseAreRefused) {
  auto wrong = options("a");
  wrong.renew_deadline = wrong.lease_duration;
  EXPECT_THROW(LeaderElector(api, wrong), Error);
}

TEST(FencingToken, IsReadAsItIsWritten) {
  EXPECT_EQ(FencingToken::parse("17/pod-a/x")->holder, "pod-a/x");
  EXPECT_EQ(FencingToken::parse(FencingToken{.transitions = 3, .holder = "h"}.text())->transitions, 3);
  for (const char* wrong : {"", "/a", "x/a", "-1/a", "1", "1/", "99999999999999999999/a"}) {
    EXPECT_FALSE(FencingToken::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace keelson::kube
