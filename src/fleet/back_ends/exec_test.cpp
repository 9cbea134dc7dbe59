#include "fleet/back_ends/exec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "fleet/back_ends/last_words.h"
#include "fleet/back_ends/small_server.h"
#include "kube/discovery.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;
using kube::json;
using ::testing::HasSubstr;

template <typename Condition>
bool eventually(const Condition& condition) {
  for (int i = 0; i < 6'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

struct ExecTest : ::testing::Test {
  testing::SmallServer server;
  kube::SystemClock clock;
  kube::Api api{server.transport(), clock, {.attempts = 1}};
  kube::Discovery discovery{api};
  TempDir folder{"exec-back-end"};
  BackEndTools tools{
      .api = &api, .discovery = &discovery, .environment = {"PATH=/usr/bin:/bin", "FOLDER=" + folder.path().string()}};

  std::unique_ptr<BackEnd> runner(const std::string& script, std::chrono::seconds timeout = 60s) const {
    return make_back_end(ExecBackEnd{{"/bin/sh", "-c", script}, timeout}, tools);
  }
  static Operation operation(const std::string& name = "r/n1/forward-1") {
    return {.name = name,
            .release = {.name = "new", .image_digest = "sha256:aa"},
            .image = "registry.example/new@sha256:aa"};
  }
  std::string path(const std::string& node = "n1") const { return "/apis/keelson.dev/v1alpha1/noderecords/" + node; }
  json status(const std::string& node = "n1") const {
    const auto record = server.object(path(node));
    return record && record->contains("status") ? record->at("status").at("operation") : json();
  }
  json result(const std::string& node = "n1") const {
    eventually([&] { return !status(node).is_null(); });
    return status(node);
  }
  std::string file(const std::string& name) const {
    std::ifstream stream(folder.path() / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

TEST_F(ExecTest, TheProgramIsToldAndItsEndIsTheResult) {
  const auto back_end = runner("cat > $FOLDER/input; env | grep ^KEELSON_ | sort > $FOLDER/environment; echo all well");
  back_end->begin("n1", operation());
  EXPECT_EQ(result(), (json{{"name", "r/n1/forward-1"}, {"state", "Succeeded"}, {"message", "all well"}}));
  EXPECT_EQ(json::parse(file("input")), (json{{"name", "r/n1/forward-1"},
                                              {"node", "n1"},
                                              {"release", {{"name", "new"}, {"imageDigest", "sha256:aa"}}},
                                              {"image", "registry.example/new@sha256:aa"}}));
  EXPECT_EQ(file("environment"),
            "KEELSON_IMAGE=registry.example/new@sha256:aa\nKEELSON_IMAGE_DIGEST=sha256:aa\nKEELSON_NODE=n1\n"
            "KEELSON_OPERATION=r/n1/forward-1\nKEELSON_RELEASE=new\n");
  EXPECT_TRUE(eventually([&] { return !back_end->is_under_way("r/n1/forward-1"); }));
}

TEST_F(ExecTest, FailuresAreTold) {
  runner("")->begin("n0", operation());
  const auto failing = runner("echo 'no such machine' >&2; exit 4");
  failing->begin("n1", operation("a"));
  EXPECT_EQ(result("n1"), (json{{"name", "a"}, {"state", "Failed"}, {"message", "exit code 4: no such machine"}}));
  const auto late = runner("echo the disk is slow; exec sleep 1000", 1s);
  late->begin("n2", operation("b"));
  EXPECT_EQ(result("n2").at("message"), "the program took longer than 1 s and was stopped: the disk is slow");
  const auto missing = make_back_end(ExecBackEnd{{"/no/such/program"}, 60s}, tools);
  missing->begin("n3", operation("c"));
  EXPECT_EQ(result("n3").at("message"), "cannot run '/no/such/program': no such program");
}

TEST_F(ExecTest, WhatHasAResultIsNotDoneAgain) {
  const auto back_end = runner("echo x >> $FOLDER/runs");
  back_end->begin("n1", operation());
  result();
  for (int i = 0; i < 3; ++i) back_end->begin("n1", operation());
  runner("echo x >> $FOLDER/runs")->begin("n1", operation());  // as after a restart
  EXPECT_EQ(file("runs"), "x\n");
}

TEST_F(ExecTest, AnInterruptedOperationIsGoneOnWith) {
  const std::string script = "echo x >> $FOLDER/runs; test -e $FOLDER/fast || exec sleep 1000";
  {
    const auto back_end = runner(script);
    back_end->begin("n1", operation());
    EXPECT_TRUE(back_end->is_under_way("r/n1/forward-1"));
    EXPECT_TRUE(eventually([&] { return file("runs") == "x\n"; }));
  }
  EXPECT_TRUE(status().is_null()) << "it was stopped with the controller, and said nothing";
  std::ofstream(folder.path() / "fast").close();
  const auto back_end = runner(script);
  EXPECT_FALSE(back_end->is_under_way("r/n1/forward-1"));
  back_end->begin("n1", operation());
  EXPECT_EQ(result().at("state"), "Succeeded");
  EXPECT_EQ(file("runs"), "x\nx\n");
}

TEST_F(ExecTest, ANewerOperationEndsTheOlder) {
  const auto back_end = runner(
      "if test $KEELSON_OPERATION = older; then trap 'echo ended >> $FOLDER/log; exit 0' TERM; echo begun >> "
      "$FOLDER/log; while :; do sleep 0.05; done; fi; echo newer >> $FOLDER/log");
  back_end->begin("n1", operation("older"));
  EXPECT_TRUE(eventually([&] { return file("log") == "begun\n"; }));
  back_end->begin("n1", operation("newer"));
  EXPECT_FALSE(back_end->is_under_way("older"));
  EXPECT_EQ(result(), (json{{"name", "newer"}, {"state", "Succeeded"}}));
  EXPECT_EQ(file("log"), "begun\nended\nnewer\n");
}

TEST_F(ExecTest, WhatCanNotBeWrittenDoesNotBegin) {
  server.fault = [](const kube::Request&) {
    return kube::Response{.status = 403, .body = kube::testing::status_body(403, "Forbidden", "no")};
  };
  const auto back_end = runner("echo x >> $FOLDER/runs");
  EXPECT_THROW(back_end->begin("n1", operation()), kube::ApiError);
  EXPECT_FALSE(back_end->is_under_way("r/n1/forward-1"));
}

TEST(LastWords, AreOneHarmlessLine) {
  EXPECT_EQ(last_words("one\ntwo\n\n"), "two");
  EXPECT_EQ(last_words(""), "");
  EXPECT_EQ(last_words("\n \n"), "");
  EXPECT_EQ(last_words("a\tb\033[31m"), "a b?[31m");
  const std::string cut = last_words(std::string(199, 'x') + "äää");
  EXPECT_EQ(cut, std::string(199, 'x') + " …");
}

}  // namespace
}  // namespace keelson::fleet
