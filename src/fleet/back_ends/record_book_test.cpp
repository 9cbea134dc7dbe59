#include "fleet/back_ends/record_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/back_ends/small_server.h"
#include "kube/testing/manual_clock.h"

namespace keelson::fleet {
namespace {

using kube::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kRecord = "/apis/keelson.dev/v1alpha1/noderecords/n1";

struct RecordBookTest : ::testing::Test {
  testing::SmallServer server;
  kube::testing::ManualClock clock;
  kube::Api api{server.transport(), clock, {.attempts = 1}};
  std::vector<std::string> complaints;
  RecordBook book{api, "keelson-controller", [this](const Error& error) { complaints.push_back(error.message()); }};
  const Operation operation{.name = "r/n1/forward-1", .release = {.name = "new"}, .image = "registry.example/new"};

  json operation_status() const { return server.object(kRecord)->at("status").at("operation"); }
};

TEST_F(RecordBookTest, AsksByOneApplyWhetherThereIsARecordOrNot) {
  book.ask("n1", operation);
  EXPECT_EQ(server.object(kRecord)->at("spec").at("operation").at("image"), "registry.example/new");
  book.ask("n1", {.name = "r/n1/back-1", .release = {.name = "old"}});
  EXPECT_EQ(server.object(kRecord)->at("spec").at("operation").at("name"), "r/n1/back-1");
  EXPECT_FALSE(server.object(kRecord)->at("spec").at("operation").contains("image"));
  EXPECT_EQ(server.names().size(), 2U);
}

TEST_F(RecordBookTest, TellsAResultAndTakesAwayWhatAnEarlierOneLeft) {
  book.ask("n1", operation);
  EXPECT_FALSE(has_result(*server.object(kRecord), operation.name));
  EXPECT_TRUE(book.tell("n1", {operation.name, OperationState::Failed, "no", "n2"}, {}));
  EXPECT_TRUE(has_result(*server.object(kRecord), operation.name));
  EXPECT_EQ(operation_status().at("successor"), "n2");
  EXPECT_TRUE(book.tell("n1", {operation.name, OperationState::Succeeded, "", ""}, {}));
  EXPECT_EQ(operation_status(), (json{{"name", operation.name}, {"state", "Succeeded"}}));
}

TEST_F(RecordBookTest, WhatIsSupersededOrGoneIsNotTold) {
  EXPECT_FALSE(book.tell("n1", {operation.name, OperationState::Succeeded, "", ""}, {}));
  book.ask("n1", {.name = "newer"});
  EXPECT_FALSE(book.tell("n1", {operation.name, OperationState::Succeeded, "", ""}, {}));
  EXPECT_FALSE(server.object(kRecord)->contains("status"));
}

TEST_F(RecordBookTest, ANewerOperationThatComesInBetweenWins) {
  book.ask("n1", operation);
  int patches = 0;
  server.fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
    if (request.content_type == "application/merge-patch+json" && ++patches == 1) {
      json record = *server.object(kRecord);
      record["spec"]["operation"] = {{"name", "newer"}};
      server.put(kRecord, record);
    }
    return std::nullopt;
  };
  EXPECT_FALSE(book.tell("n1", {operation.name, OperationState::Succeeded, "", ""}, {}));
  EXPECT_EQ(patches, 1);
  EXPECT_FALSE(server.object(kRecord)->contains("status"));
}

TEST_F(RecordBookTest, TriesOnWhateverTheServerSays) {
  book.ask("n1", operation);
  int requests = 0;
  server.fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
    const int code = std::array{500, 503, 429, 403, 0, 0}.at(static_cast<std::size_t>(std::min(requests++, 5)));
    if (code == 0 && request.method == "PATCH" && requests < 7) {
      json record = *server.object(kRecord);
      record["metadata"]["labels"]["by"] = "the node";
      server.put(kRecord, record);
    }
    if (code == 0) return std::nullopt;
    return kube::Response{.status = code, .body = kube::testing::status_body(code, "Trouble", "trouble")};
  };
  EXPECT_TRUE(book.tell("n1", {operation.name, OperationState::Succeeded, "done", ""}, {}));
  EXPECT_EQ(operation_status().at("message"), "done");
  EXPECT_EQ(complaints.size(), 4U) << "a conflict is no mishap";
  EXPECT_GE(clock.passed(), std::chrono::seconds(3));
}

TEST_F(RecordBookTest, StopsWhenItIsStopped) {
  book.ask("n1", operation);
  std::stop_source stop;
  server.fault = [&](const kube::Request&) -> std::optional<kube::Response> {
    stop.request_stop();
    return kube::Response{.status = 503};
  };
  EXPECT_FALSE(book.tell("n1", {operation.name, OperationState::Succeeded, "", ""}, stop.get_token()));
}

TEST_F(RecordBookTest, NotesDoNotTouchTheRest) {
  book.ask("n1", operation);
  EXPECT_TRUE(book.note("n1", operation.name, "keelson.dev/replaces", "{}", {}));
  EXPECT_EQ(kube::annotation_of(*server.object(kRecord), "keelson.dev/replaces"), "{}");
  EXPECT_FALSE(book.note("n1", "older", "keelson.dev/replaces", "x", {}));
  EXPECT_EQ(kube::annotation_of(*server.object(kRecord), "keelson.dev/replaces"), "{}");
}

}  // namespace
}  // namespace keelson::fleet
