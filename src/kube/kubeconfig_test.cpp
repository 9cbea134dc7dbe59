#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "kube/find_connection.h"
#include "kube/testing/manual_clock.h"
#include "kube/yaml_document.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::kube {
namespace {

using ::testing::HasSubstr;
using testing::ManualClock;

constexpr std::string_view kSimple = R"(apiVersion: v1
kind: Config
current-context: main
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443", certificate-authority: pki/ca.crt, tls-server-name: kube.test, proxy-url: "http://p:3128"}
users:
- name: u
  user: {token: abc}
contexts:
- name: main
  context: {cluster: c, user: u, namespace: ops}
- name: other
  context: {cluster: c, user: u}
)";

template <typename Body>
std::string refusal(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "nothing was thrown";
}

std::string user_refusal(std::string_view user) {
  const std::string text =
      "current-context: x\nclusters: [{name: c, cluster: {server: 'https://h'}}]\n"
      "contexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: " +
      std::string(user) + "}]\n";
  return refusal([&] { choose_context(parse_kubeconfig(text, "/k/config")); });
}

void write_program(const std::filesystem::path& path, std::string_view text) {
  write_file(path, text, 0755);
  ::chmod(path.c_str(), 0755);
}

TEST(Kubeconfig, GivesTheCurrentContextOrTheOneThatIsAskedFor) {
  const Kubeconfig config = parse_kubeconfig(kSimple, "/home/x/.kube/config");
  const ChosenContext chosen = choose_context(config);
  EXPECT_EQ(chosen.cluster.server, "https://10.0.0.1:6443");
  EXPECT_EQ(chosen.cluster.authority.file, "/home/x/.kube/pki/ca.crt");
  EXPECT_EQ(chosen.cluster.tls_server_name, "kube.test");
  EXPECT_EQ(chosen.cluster.proxy, "http://p:3128");
  EXPECT_EQ(chosen.user.token.value, "abc");
  EXPECT_EQ(chosen.space, "ops");
  EXPECT_EQ(choose_context(config, "other").space, "default");
}

TEST(Kubeconfig, MayBeJson) {
  const Kubeconfig config = parse_kubeconfig(
      R"({"clusters": [{"name": "c", "cluster": {"server": "https://h", "insecure-skip-tls-verify": true}}]})", "k");
  EXPECT_TRUE(config.clusters.at("c").accept_any_certificate);
}

TEST(Kubeconfig, TheFirstFileWinsPerName) {
  Kubeconfig first = parse_kubeconfig("clusters: [{name: a, cluster: {server: 'https://one'}}]", "/1/config");
  merge_kubeconfig(first,
                   parse_kubeconfig("current-context: z\nclusters: [{name: a, cluster: {server: 'https://two'}}, "
                                    "{name: b, cluster: {server: 'https://b', certificate-authority: ca}}]",
                                    "/2/config"));
  EXPECT_EQ(first.clusters.at("a").server, "https://one");
  EXPECT_EQ(first.clusters.at("b").authority.file, "/2/ca");
  EXPECT_EQ(first.current_context, "z");
}

TEST(Kubeconfig, FilesOfAListMayBeMissingButNotAll) {
  const TempDir folder("kubeconfig");
  write_file(folder.path() / "two", kSimple);
  const auto files =
      kubeconfig_files((folder.path() / "one").native() + "::" + (folder.path() / "two").native(), "/nowhere");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(read_kubeconfigs(files).current_context, "main");
  EXPECT_THAT(refusal([&] { read_kubeconfigs({folder.path() / "one"}); }), HasSubstr("does not exist"));
  EXPECT_EQ(kubeconfig_files("", "/home/x").at(0), "/home/x/.kube/config");
}

TEST(Kubeconfig, ContextsAndClustersThatAreNotThereAreNamed) {
  const Kubeconfig config = parse_kubeconfig(kSimple, "k");
  EXPECT_EQ(refusal([&] { choose_context(config, "mian"); }),
            "cannot use context 'mian': the kubeconfig does not have it | did you mean 'main'?");
  EXPECT_THAT(
      refusal([&] {
        choose_context(parse_kubeconfig("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]", "k"));
      }),
      HasSubstr("cannot use cluster 'c' of context 'x'"));
  EXPECT_THAT(refusal([] { choose_context({}); }), HasSubstr("no current context"));
}

TEST(Kubeconfig, WhatIsNotSupportedIsSaidOnceItIsChosen) {
  EXPECT_THAT(user_refusal("{auth-provider: {name: gcp}}"), HasSubstr("cannot use user 'u': auth-provider"));
  EXPECT_THAT(user_refusal("{username: a, password: b}"), HasSubstr("basic authentication is not supported"));
  EXPECT_THAT(user_refusal("{token: a, as: root}"), HasSubstr("impersonation"));
  EXPECT_THAT(user_refusal("{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}"),
              HasSubstr("v1alpha1"));
  EXPECT_THAT(
      user_refusal("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}}"),
      HasSubstr("wants a terminal"));
  EXPECT_EQ(user_refusal("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never}}"),
            "nothing was thrown");
}

TEST(Kubeconfig, MistakesAreToldWithTheirPlace) {
  const auto wrong = [](std::string_view text) { return refusal([&] { parse_kubeconfig(text, "k"); }); };
  EXPECT_EQ(wrong("a: [\n"), "cannot read 'k:2:1': end of sequence flow not found");
  EXPECT_EQ(wrong("- x"), "cannot read 'k': it is no kubeconfig");
  EXPECT_EQ(wrong("clusters: {}"), "cannot read 'k': 'clusters' is not a list");
  EXPECT_EQ(wrong("clusters: [{cluster: {}}]"), "cannot read 'k': clusters[0]: it has no name");
  EXPECT_EQ(wrong("clusters: [{name: a, cluster: {server: [x]}}]"),
            "cannot read 'k': cluster 'a': 'server' is not a text");
  EXPECT_EQ(wrong("users: [{name: a, user: {client-certificate-data: '*'}}]"),
            "cannot read 'k': user 'a': 'client-certificate-data' is no base64");
  EXPECT_EQ(wrong("users: [{name: a, user: {client-certificate: x}}]"),
            "cannot read 'k': user 'a': it has one of client certificate and client key, not both");
  EXPECT_THAT(wrong("clusters: [{name: a, cluster: {certificate-authority: x, insecure-skip-tls-verify: true}}]"),
              HasSubstr("both a certificate authority and insecure-skip-tls-verify"));
  EXPECT_EQ(wrong("a: 1\na: 2"), "cannot read 'k:2:1': the key 'a' is there twice");
  EXPECT_EQ(wrong("a: \xff"), "cannot read 'k': it is no plain text in UTF-8");
  EXPECT_EQ(wrong("a: \xe2\x80\xae"), "cannot read 'k': it is no plain text in UTF-8");
}

TEST(YamlDocument, AliasesWorkAndBombsAreRefused) {
  EXPECT_EQ(parse_yaml_document("a: &x {k: 1}\nb: *x", "k"), json::parse(R"({"a":{"k":1},"b":{"k":1}})"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_THAT(refusal([&] { parse_yaml_document(bomb, "k"); }), HasSubstr("more than 200000 values"));
  EXPECT_THAT(refusal([] { parse_yaml_document("a: &x [*x]", "k"); }), HasSubstr("alias"));
  EXPECT_THAT(refusal([] { parse_yaml_document(std::string(100'000, '['), "k"); }), HasSubstr("nested deeper than 32"));
  EXPECT_THAT(refusal([] { parse_yaml_document("a: 1\n---\nb: 1", "k"); }), HasSubstr("second document"));
}

TEST(FileCredentials, AreReadAgainWhenTheFileIsReplaced) {
  const TempDir folder("credentials");
  const auto file = folder.path() / "token";
  write_file_atomically(file, "one\n");
  FileCredentials source({.token = {.value = {}, .file = file}});
  EXPECT_EQ(source.current().token, "one");
  write_file_atomically(file, "two\n");
  EXPECT_EQ(source.current().token, "two");
  write_file_atomically(file, "");
  EXPECT_EQ(source.current().token, "two") << "an empty file is one that is being written";
  std::filesystem::remove(file);
  EXPECT_EQ(source.current().token, "two");
  EXPECT_EQ(source.renewed(source.current()), std::nullopt);
  write_file_atomically(file, "three");
  Credentials stale;
  stale.token = "two";
  EXPECT_EQ(source.renewed(stale)->token, "three");
}

TEST(FileCredentials, ATokenThatIsNoWordIsRefused) {
  FileCredentials source({.token = {.value = "a\r\nX-Evil: 1", .file = {}}});
  EXPECT_THAT(refusal([&] { source.current(); }), HasSubstr("it is not one word"));
}

class ExecPluginTest : public ::testing::Test {
 protected:
  ExecCredentials source(std::string_view script, std::string command = "plugin") {
    write_program(folder.path() / "plugin", script);
    ExecPlugin plugin{.api_version = "client.authentication.k8s.io/v1",
                      .command = std::move(command),
                      .arguments = {"--for", "cluster x"},
                      .environment = {{"SEEN", "inner"}},
                      .install_hint = "brew install plugin",
                      .provide_cluster_info = true};
    return ExecCredentials({.plugin = plugin,
                            .authority = {.value = "CA", .file = {}},
                            .cluster = {{"server", "https://h"}},
                            .environment = {"PATH=relative:" + folder.path().native() + ":/usr/bin:/bin", "SEEN=outer"},
                            .timeout = std::chrono::milliseconds(20'000)},
                           clock);
  }
  static std::string answer(std::string_view status) {
    return "#!/bin/sh\necho "
           "'{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":" +
           std::string(status) + "}'\n";
  }
  std::string written(const char* name) { return read_file(folder.path() / name); }

  TempDir folder{"plugin"};
  ManualClock clock;
};

TEST_F(ExecPluginTest, IsToldOfTheClusterAndRunsOnceUntilItsAnswerExpires) {
  auto plugin =
      source("#!/bin/sh\ncd " + folder.path().native() +
             "\necho x >> runs\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > info\nprintf '%s|' \"$SEEN\" \"$@\" > seen\n"
             "n=$(wc -l < runs)\n"
             R"(echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",)"
             R"(\"status\":{\"token\":\"t$n\",\"expirationTimestamp\":\"2026-11-26T10:10:00Z\"}}")");
  EXPECT_EQ(plugin.current().token, "t1");
  EXPECT_EQ(plugin.current().token, "t1");
  EXPECT_EQ(plugin.current().authority, "CA");
  EXPECT_EQ(written("seen"), "inner|--for|cluster x|");
  const auto info = json::parse(written("info"));
  EXPECT_EQ(info["spec"], json::parse(R"({"interactive":false,"cluster":{"server":"https://h"}})"));
  clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(plugin.current().token, "t2");
  const Credentials stale = plugin.current();  // runs again: its answer is in the past
  EXPECT_NE(plugin.renewed(stale)->token, stale.token);
}

TEST_F(ExecPluginTest, GivesCertificates) {
  auto plugin = source(answer(R"({"clientCertificateData":"C","clientKeyData":"K"})"));
  EXPECT_EQ(plugin.current().certificate, "C");
  EXPECT_EQ(plugin.current().key, "K");
}

TEST_F(ExecPluginTest, BadAnswersAreRefusedAndNeverShown) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {answer("{}"), "neither a token nor a certificate"},
      {answer(R"({"clientCertificateData":"C"})"), "not both"},
      {answer(R"({"token":"secret two"})"), "not one word"},
      {answer(R"({"token":"secret","expirationTimestamp":"soon"})"), "no time"},
      {"#!/bin/sh\necho secret", "no JSON"},
      {"#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}'",
       "another version"},
      {"#!/bin/sh\nhead -c 2000000 /dev/zero", "more than 1 MiB"},
  };
  for (const auto& [script, why] : cases) {
    auto plugin = source(script);
    const std::string said = refusal([&] { plugin.current(); });
    EXPECT_THAT(said, HasSubstr(why));
    EXPECT_THAT(said, ::testing::Not(HasSubstr("secret")));
  }
}

TEST_F(ExecPluginTest, FailuresShowWhatItSaysAndHowToGetIt) {
  auto failing = source("#!/bin/sh\necho secret\necho 'log in first' >&2\nexit 3\n");
  const std::string said = refusal([&] { failing.current(); });
  EXPECT_THAT(said, HasSubstr("ended with exit code 3"));
  EXPECT_THAT(said, HasSubstr("log in first"));
  EXPECT_THAT(said, ::testing::Not(HasSubstr("secret")));
  auto missing = source("#!/bin/sh\n", "no-such-plugin");
  EXPECT_EQ(refusal([&] { missing.current(); }),
            "cannot get credentials from 'no-such-plugin': no such program | brew install plugin");
}

TEST(InCluster, IsReadFromTheServiceAccountsFolder) {
  const TempDir folder("pod");
  write_file(folder.path() / "token", "t");
  write_file(folder.path() / "ca.crt", "CA");
  write_file(folder.path() / "namespace", "keelson\n");
  const Connection connection = connect_in_cluster({.host = "fd00::1", .port = "443", .folder = folder.path()});
  EXPECT_EQ(connection.options.server, "https://[fd00::1]:443");
  EXPECT_EQ(connection.space, "keelson");
  EXPECT_EQ(connection.credentials->current().token, "t");
  EXPECT_THAT(refusal([&] { connect_in_cluster({.host = "", .port = "", .folder = folder.path()}); }),
              HasSubstr("this is no pod"));
}

TEST(FindConnection, TakesAPodsAccountWhereNothingIsNamedAndThereIsNoKubeconfig) {
  const TempDir folder("find");
  write_file(folder.path() / "token", "t");
  SystemClock clock;
  const std::string home = "HOME=" + (folder.path() / "home").native();
  const std::vector<std::string> pod{home, "KUBERNETES_SERVICE_HOST=10.0.0.1", "KUBERNETES_SERVICE_PORT=443"};
  const auto find = [&](const ClusterChoice& choice, const std::vector<std::string>& environment) {
    return find_connection(choice, Environment(environment), clock, folder.path());
  };
  EXPECT_EQ(find({}, pod).connection.options.server, "https://10.0.0.1:443");
  EXPECT_EQ(find({}, pod).context, "in-cluster");
  EXPECT_THAT(refusal([&] { find({}, {home}); }), HasSubstr("home/.kube/config"));
  EXPECT_THAT(refusal([&] { find({.context = "other"}, pod); }), HasSubstr("home/.kube/config"));
  write_file(folder.path() / "named", kSimple);
  const std::string named = (folder.path() / "named").native();
  EXPECT_EQ(find({.kubeconfig = named}, pod).context, "main");
  EXPECT_EQ(find({.context = "other"}, {home, "KUBECONFIG=" + named}).context, "other");
  std::filesystem::create_directories(folder.path() / "home/.kube");
  write_file(folder.path() / "home/.kube/config", kSimple);
  EXPECT_EQ(find({}, pod).connection.options.server, "https://10.0.0.1:6443");
}

}  // namespace
}  // namespace keelson::kube
