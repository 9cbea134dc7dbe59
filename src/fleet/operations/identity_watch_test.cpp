#include "fleet/operations/identity_watch.h"

#include <gmock/gmock.h>

#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::fleet {
namespace {

using ::testing::ElementsAre;

struct IdentityWatchTest : ::testing::Test {
  kube::testing::ManualClock clock;
  kube::testing::ScriptedTransport server;
  std::vector<std::string> told;
  int explained = 0;
  IdentityWatch watch{server,
                      clock,
                      {.explain =
                           [this] {
                             ++explained;
                             return std::string("the certificate has ended");
                           },
                       .tell = [this](const std::string& why) { told.push_back(why); }}};

  void ask(int status) {
    server.then(status, "{}");
    watch.send({.path = "/api"});
  }
};

const std::string kWhy =
    "the API server has not accepted who we say we are since 2026-11-26T10:00:00Z: the certificate has ended";

TEST_F(IdentityWatchTest, TellsOnceThatTheServerAcceptsUsNoMoreAndOnceThatItDoesAgain) {
  ask(200);
  EXPECT_EQ(watch.why_not(), "");
  ask(401);
  clock.advance(std::chrono::hours(1));
  ask(401);
  EXPECT_EQ(watch.why_not(), kWhy) << "since when it began";
  EXPECT_EQ(explained, 1);
  ask(403);  // it knows us, and says no
  EXPECT_EQ(watch.why_not(), "");
  ask(200);
  EXPECT_THAT(told, ElementsAre(kWhy, ""));
}

TEST_F(IdentityWatchTest, AServerInTroubleSaysNothingOfUs) {
  ask(503);
  ask(401);
  ask(500);
  EXPECT_EQ(watch.why_not(), kWhy);
  server.then(
      [](const kube::Request&) -> kube::Response { throw Error(ErrorKind::Unavailable, "cannot reach the server"); });
  EXPECT_THROW(watch.send({.path = "/api"}), Error);
  EXPECT_EQ(watch.why_not(), kWhy);
}

TEST_F(IdentityWatchTest, AWatchThatWasGrantedEarlierSaysNothingOfNow) {
  ask(401);
  server.then_stream({"{}\n", "{}\n"});
  std::string all;
  const auto take = [&](std::string_view chunk) {
    all += chunk;
    return true;
  };
  watch.stream({.path = "/api"}, std::chrono::seconds(1), take);
  EXPECT_EQ(all, "{}\n{}\n");
  EXPECT_EQ(watch.why_not(), kWhy);
  ask(200);
  server.then_stream([](const kube::Request&, const auto&, const std::stop_token&) {
    return kube::Streamed{.response = {.status = 401}, .end = kube::StreamEnd::Ended};
  });
  watch.stream({.path = "/api"}, std::chrono::seconds(1), take);
  EXPECT_EQ(watch.why_not(), kWhy);
}

}  // namespace
}  // namespace keelson::fleet
