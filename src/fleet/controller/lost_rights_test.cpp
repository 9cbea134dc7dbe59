#include "fleet/controller/lost_rights.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::fleet {
namespace {

using kube::json;

kube::ApiError refusal(const kube::Action& action, const std::string& message) {
  kube::Status status;
  status.code = 403;
  status.reason = "Forbidden";
  status.message = message;
  return kube::api_error(action, status);
}

kube::ApiError no_right(const std::string& verb, const std::string& resource) {
  return refusal({verb, resource, "", "shop", "web-1"},
                 "pods \"web-1\" is forbidden: User \"robot\" cannot " + verb + " resource \"" + resource + "\"");
}

struct LostRightsTest : ::testing::Test {
  kube::testing::ManualClock clock;
  kube::testing::ScriptedTransport transport;
  kube::Api api{transport, clock, {.attempts = 1}};
  LostRights lost{api};

  /// What a review answers from now on.
  void answer(std::function<bool(const json& attributes)> allowed) {
    transport.otherwise([allowed = std::move(allowed)](const kube::Request& request) {
      const json asked = json::parse(request.body);
      const json answer{{"status", {{"allowed", allowed(asked["spec"]["resourceAttributes"])}}}};
      return kube::Response{.status = 201, .body = answer.dump()};
    });
  }
};

TEST_F(LostRightsTest, TellsWhatIsMissingInOrder) {
  EXPECT_FALSE(lost.any());
  EXPECT_EQ(lost.text(), "");
  lost.hear(no_right("patch", "nodes"));
  lost.hear(no_right("create", "pods/eviction"));
  lost.hear(no_right("create", "pods/eviction"));
  EXPECT_EQ(lost.text(), "the account 'robot' may not create pods/eviction, patch nodes");
  EXPECT_TRUE(lost.lacks("patch", "nodes"));
  EXPECT_FALSE(lost.lacks("patch", "pods"));
}

TEST_F(LostRightsTest, OtherRefusalsAreNoMissingRights) {
  lost.hear(Error(ErrorKind::Unavailable, "the server is away"));
  lost.hear(refusal({"patch", "nodes", "", "", "n1"}, "admission webhook \"guard\" denied the request: not today"));
  EXPECT_FALSE(lost.any());
}

TEST_F(LostRightsTest, AsksAgainNowAndThenUntilItIsGranted) {
  lost.hear(no_right("create", "pods/eviction"));
  lost.hear(no_right("patch", "nodes"));
  bool nodes = false;
  answer([&nodes](const json& asked) { return nodes && asked["resource"] == "nodes"; });
  EXPECT_FALSE(lost.ask_again({}));
  EXPECT_EQ(transport.requests().size(), 2);
  const json asked = json::parse(transport.requests().front().body)["spec"]["resourceAttributes"];
  EXPECT_EQ(asked, json({{"verb", "create"}, {"resource", "pods"}, {"subresource", "eviction"}, {"group", ""}}))
      << "everywhere, as at the start";
  nodes = true;
  EXPECT_FALSE(lost.ask_again({})) << "too early";
  EXPECT_EQ(transport.requests().size(), 2);
  clock.advance(LostRights::kAskAgain);
  EXPECT_TRUE(lost.ask_again({}));
  EXPECT_EQ(lost.text(), "the account 'robot' may not create pods/eviction");
}

TEST_F(LostRightsTest, AServerThatDoesNotAnswerGrantsNothing) {
  lost.hear(no_right("patch", "nodes"));
  transport.otherwise([](const kube::Request&) { return kube::Response{.status = 401, .body = "{}"}; });
  EXPECT_FALSE(lost.ask_again({}));
  EXPECT_TRUE(lost.any());
}

TEST_F(LostRightsTest, TheNumberIsBounded) {
  for (int i = 0; i < 1000; ++i) lost.hear(no_right("patch", "things" + std::to_string(i)));
  EXPECT_LT(lost.text().size(), 1000);
}

}  // namespace
}  // namespace keelson::fleet
