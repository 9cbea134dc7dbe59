// The client against a real API server that forgets, rotates and refuses: see kube_server_test.cpp for how it is run.
// Beside KEELSON_TEST_KUBECONFIG it wants what tests/kube/with_server.py gives: KEELSON_TEST_COMPACT (a command after
// which etcd knows no version before the present one), KEELSON_TEST_EXPIRED_KUBECONFIG, and a server without a watch
// cache for secrets, so that a watch of them asks etcd.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "kube/connection.h"
#include "kube/events.h"
#include "kube/json_text.h"
#include "kube/lease.h"
#include "kube/reflector.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw Error(ErrorKind::Usage, fmt::format("cannot test: {} is not set", name));
  return value;
}

const Resource kSecrets{"", "v1", "secrets", "Secret", true};
const Resource kAccounts{"", "v1", "serviceaccounts", "ServiceAccount", true};

/// Who speaks to the server by a kubeconfig.
struct Speaker {
  explicit Speaker(const std::filesystem::path& kubeconfig)
      : connection(connect_by(choose_context(read_kubeconfigs({kubeconfig})), {"PATH=" + variable("PATH")}, clock)),
        transport(connection.options, connection.credentials),
        api(transport, clock) {}

  /// What the server says when asked for all nodes, or "".
  std::string refusal() {
    try {
      api.list(nodes());
    } catch (const Error& error) {
      hint = error.hint();
      return error.message();
    }
    return {};
  }

  SystemClock clock;
  Connection connection;
  CurlTransport transport;
  Api api;
  std::string hint;
};

class KubeTrouble : public ::testing::Test {
 protected:
  KubeTrouble() : folder_(std::filesystem::path(::testing::TempDir()) / "keelson-kube-trouble") {
    std::filesystem::create_directories(folder_);
    static int count = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    space_ = fmt::format("trouble-{}-{}", now % 1'000'000'000, ++count);
    api().create(namespaces(), "", {{"metadata", {{"name", space_}}}}, "test");
  }
  ~KubeTrouble() override {
    api().remove(namespaces(), {"", space_});
    std::filesystem::remove_all(folder_);
  }

  Api& api() { return admin_.api; }
  ObjectName here(std::string name) const { return {space_, std::move(name)}; }

  void create_secret(const std::string& name, const std::string& app = "x") {
    api().create(kSecrets, space_, {{"metadata", {{"name", name}, {"labels", {{"app", app}}}}}}, "test");
  }

  /// A service account that may do nothing, and a token of it.
  std::string token_of_new_account(const std::string& name) {
    api().create(kAccounts, space_, {{"metadata", {{"name", name}}}}, "test");
    const Request request{.method = "POST",
                          .path = object_path(kAccounts, here(name), "token"),
                          .content_type = "application/json",
                          .body = R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest",
                                      "spec":{"expirationSeconds":3600,"audiences":[]}})"};
    const json answer = api().ask(action_on("create", kAccounts, here(name), "token"), request, Retry::Never);
    return text_at(answer, {"status", "token"});
  }
  std::string may_not(const std::string& account) const {
    return fmt::format(
        "cannot list nodes: the account 'system:serviceaccount:{}:{}' may not (RBAC: verb list, resource nodes)",
        space_, account);
  }

  std::filesystem::path write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const auto path = folder_ / name;
    const auto fresh = folder_ / (name + ".new");
    std::ofstream(fresh) << text;
    ::chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, path);  // as a mounted token is replaced
    return path;
  }
  std::filesystem::path write_kubeconfig(const json& user) {
    std::ofstream(folder_ / "ca.crt") << admin_.connection.credentials->current().authority;
    const json cluster = {{"server", admin_.connection.options.server}, {"certificate-authority", "ca.crt"}};
    return write("config",
                 json({{"apiVersion", "v1"},
                       {"kind", "Config"},
                       {"current-context", "c"},
                       {"clusters", json::array({{{"name", "c"}, {"cluster", cluster}}})},
                       {"users", json::array({{{"name", "u"}, {"user", user}}})},
                       {"contexts", json::array({{{"name", "c"}, {"context", {{"cluster", "c"}, {"user", "u"}}}}})}})
                     .dump());
  }

  template <typename Condition>
  static bool eventually(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < until) {
      if (condition()) return true;
      std::this_thread::sleep_for(20ms);
    }
    return condition();
  }
  static void compact() { ASSERT_EQ(std::system(variable("KEELSON_TEST_COMPACT").c_str()), 0); }

  Speaker admin_{variable("KEELSON_TEST_KUBECONFIG")};
  std::filesystem::path folder_;
  std::string space_;
};

TEST_F(KubeTrouble, AListWhoseVersionIsForgottenBetweenTwoPagesBeginsAnewAndIsWhole) {
  constexpr int kMany = 400;
  for (int i = 0; i < kMany; ++i) create_secret(fmt::format("many-{:03}", i), "many");
  int seen = 0;
  const auto forget = [&](json&) {
    if (++seen != 10) return;
    create_secret("many-later", "many");
    compact();
  };
  const List list = api().list(kSecrets, {.space = space_, .label_selector = "app=many", .page = 50, .trim = forget});
  std::vector<std::string> names;
  for (const auto& item : list.items) names.push_back(name_of(item));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_EQ(names.size(), kMany + 1U);
  EXPECT_GT(seen, kMany + 1) << "the server had forgotten nothing";
}

TEST_F(KubeTrouble, AWatchWhoseVersionIsForgottenLeadsToAListAndMissesNothing) {
  ObjectCache cache;
  Reflector reflector(api(), kSecrets, cache, {.list = {.space = space_, .label_selector = "app=kept"}});
  create_secret("goes", "kept");
  reflector.list_once({});
  create_secret("comes", "kept");
  api().remove(kSecrets, here("goes"));
  compact();
  EXPECT_EQ(reflector.watch_once({}), Reflector::Next::List);
  std::jthread thread([&](const std::stop_token& stop) { reflector.run(stop); });
  EXPECT_TRUE(
      eventually([&] { return cache.find(space_, "comes") != nullptr && cache.find(space_, "goes") == nullptr; }));
}

TEST_F(KubeTrouble, TwoElectorsInTwoThreadsAreNeverBothLeader) {
  const auto options = [&](std::string identity) {
    return LeaseOptions{.space = space_,
                        .name = "fight",
                        .identity = std::move(identity),
                        .lease_duration = 2s,
                        .renew_deadline = 1500ms,
                        .retry_period = 100ms,
                        .complain = {}};
  };
  Speaker other(variable("KEELSON_TEST_KUBECONFIG"));
  LeaderElector a(api(), options("a"));
  LeaderElector b(other.api, options("b"));
  std::optional<std::jthread> first(std::in_place, [&](const std::stop_token& stop) { a.run(stop); });
  const std::jthread second([&](const std::stop_token& stop) { b.run(stop); });
  bool both = false;
  const auto look = [&](bool wanted) {
    // In this order: whoever stops being leader between the two looks does not count.
    both = both || (a.is_leader() && b.is_leader() && a.is_leader());
    return wanted;
  };
  ASSERT_TRUE(eventually([&] { return look(a.is_leader() || b.is_leader()); }));
  std::int64_t last = -1;
  for (int turn = 0; turn < 4; ++turn) {
    // Whoever leads lets go; both may take it again.
    LeaderElector& leader = a.is_leader() ? a : b;
    leader.release();
    ASSERT_TRUE(eventually([&] { return look(a.is_leader() || b.is_leader()); }));
    const auto token = a.is_leader() ? a.token() : b.token();
    if (token) {
      EXPECT_GE(token->transitions, last);
      last = token->transitions;
    }
  }
  first.reset();  // a ends, and gives back what it has
  EXPECT_TRUE(eventually([&] { return look(b.is_leader()); }));
  EXPECT_FALSE(both);
}

TEST_F(KubeTrouble, AnExecPluginGivesTheTokenAndIsAskedAgainWhenItIsRefused) {
  const std::string token = token_of_new_account("by-plugin");
  // What it gives first is worth nothing.
  const auto plugin = write("plugin",
                            fmt::format(R"sh(#!/bin/sh
case "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 3 ;; esac
echo called >> '{0}/calls'
token=stale; [ "$(wc -l < '{0}/calls')" -gt 1 ] && token='{1}'
printf '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"%s"}}}}' "$token"
)sh",
                                        folder_.native(), token),
                            0700);
  Speaker speaker(write_kubeconfig({{"exec",
                                     {{"apiVersion", "client.authentication.k8s.io/v1"},
                                      {"command", plugin.native()},
                                      {"interactiveMode", "Never"}}}}));
  EXPECT_EQ(speaker.refusal(), may_not("by-plugin"));
  EXPECT_EQ(speaker.refusal(), may_not("by-plugin"));
  std::ifstream calls(folder_ / "calls");
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(calls), {}, '\n'), 2);
}

TEST_F(KubeTrouble, ATokenFileThatIsReplacedCountsFromTheNextRequest) {
  const auto file = write("token", token_of_new_account("first") + "\n");
  Speaker speaker(write_kubeconfig({{"tokenFile", file.native()}}));
  EXPECT_EQ(speaker.refusal(), may_not("first"));
  write("token", token_of_new_account("second") + "\n");
  EXPECT_EQ(speaker.refusal(), may_not("second"));
  write("token", "nobody's\n");
  EXPECT_EQ(speaker.refusal(), "cannot list nodes: the server does not accept who we say we are");
}

TEST_F(KubeTrouble, AnExpiredClientCertificateIsTold) {
  Speaker speaker(variable("KEELSON_TEST_EXPIRED_KUBECONFIG"));
  EXPECT_EQ(speaker.refusal(), "cannot list nodes: the server does not accept who we say we are");
  EXPECT_THAT(speaker.hint, HasSubstr("certificate may have expired"));
}

TEST_F(KubeTrouble, AFieldOfSomebodyElseIsAConflictAndTheSameValueIsNone) {
  const auto claim = [&](const std::string& value, const std::string& manager) {
    const json object = {{"apiVersion", "v1"},
                         {"kind", "Secret"},
                         {"metadata", {{"name", "claimed"}, {"namespace", space_}}},
                         {"data", {{"owner", value}}},
                         {"type", "Opaque"}};
    return api().patch(kSecrets, here("claimed"), apply_patch(object, manager));
  };
  claim("b25l", "first");
  try {
    claim("dHdv", "second");
    FAIL() << "there was no conflict";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.status().code, 409);
    EXPECT_THAT(error.message(), HasSubstr("first"));
  }
  EXPECT_NO_THROW(claim("b25l", "second")) << "the same value is no conflict: it has two owners";
}

// Old servers refuse them in the namespace where newer ones want them.
TEST_F(KubeTrouble, AnEventOfAnObjectThatIsInNoNamespaceIsWritten) {
  Discovery discovery(api());
  EventWriter events(api(), discovery,
                     {.controller = "keelson.dev/test", .instance = "test-1", .complain = [](const Error& error) {
                        ADD_FAILURE() << error.message();
                      }});
  const json object = api().get(namespaces(), {"", space_});
  EXPECT_TRUE(events.write(object, {.reason = "Tested", .action = "Test", .note = space_}));
  const List list =
      api().list({"", "v1", "events", "Event", true}, {.field_selector = "involvedObject.name=" + space_});
  ASSERT_EQ(list.items.size(), 1U);
  EXPECT_EQ(text_at(list.items.front(), {"message"}), space_);
}

}  // namespace
}  // namespace keelson::kube
