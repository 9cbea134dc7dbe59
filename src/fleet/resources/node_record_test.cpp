#include "fleet/resources/node_record.h"

#include <gmock/gmock.h>

#include "fleet/resources/sample_resources.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;
using sample::kDigest;
using sample::refusal;
using ::testing::HasSubstr;

json full() {
  json record = sample::resource("NodeRecord", "n1",
                                 {{"operation",
                                   {{"name", "u/n1/forward-1"},
                                    {"release",
                                     {{"name", "new"},
                                      {"imageDigest", kDigest},
                                      {"manifestHash", kDigest},
                                      {"kernel", "6.12"},
                                      {"containerd", "1.7"},
                                      {"selinux", "enforcing"},
                                      {"fips", "disabled"}}},
                                    {"image", "registry.example/x@" + kDigest}}}});
  record["status"] = {
      {"bootID", "5c0e"},
      {"booted", {{"name", "new"}, {"imageDigest", kDigest}}},
      {"reported", "2026-11-26T10:00:00Z"},
      {"operation", {{"name", "u/n1/forward-1"}, {"state", "Failed"}, {"message", "no room"}, {"successor", "n9"}}},
      {"drift",
       {{"checked", "2026-11-26T09:00:00Z"},
        {"findings", 6},
        {"packages", 1},
        {"files", 2},
        {"units", 3},
        {"kernel", 0},
        {"digest", kDigest},
        {"examples", {"/etc/ssh/sshd_config changed"}}}}};
  return record;
}

std::string refusal_of(const json& document) {
  return refusal([&] { read_node_record(document); });
}

TEST(NodeRecord, IsTheSameAfterwards) {
  const json document = full();
  const auto record = read_node_record(document);
  EXPECT_EQ(record.name, "n1");
  EXPECT_EQ(record.resource_version, "7");
  EXPECT_EQ(operation_json(record.operation.value()), document["spec"]["operation"]);
  const json report = boot_report_json(record.report.value());
  EXPECT_EQ(report["bootID"], document["status"]["bootID"]);
  EXPECT_EQ(report["booted"], document["status"]["booted"]);
  EXPECT_EQ(operation_report_json(record.progress.value()), document["status"]["operation"]);
  EXPECT_EQ(drift_json(record.drift.value()), document["status"]["drift"]);
  EXPECT_EQ(record.progress->state, OperationState::Failed);
  EXPECT_EQ(record.drift->findings(), 6);
}

TEST(NodeRecord, MayHoldNothing) {
  const auto record = read_node_record(sample::resource("NodeRecord", "n1", nullptr));
  EXPECT_FALSE(record.operation);
  EXPECT_FALSE(record.report);
  EXPECT_FALSE(record.progress);
  EXPECT_FALSE(record.drift);
}

TEST(NodeRecord, WhatALaterVersionTellsIsPassedOver) {
  json document = full();
  document["status"]["uptime"] = 3;
  document["status"]["booted"]["tpm"] = "2.0";
  EXPECT_EQ(refusal_of(document), "");
}

TEST(NodeRecord, NamesEveryMistakeWithItsPlace) {
  json document = full();
  document["spec"]["operation"]["release"].erase("name");
  document["status"]["bootID"] = std::string(129, 'x');
  document["status"]["booted"]["kernel"] = "a\nb";
  document["status"]["operation"]["state"] = "Done";
  document["status"]["operation"]["successor"] = "../n9";
  document["status"]["drift"]["files"] = -1;
  document["status"]["drift"]["units"] = 18446744073709551615U;
  document["status"]["drift"]["examples"] = json::array_t(21, "x");
  const auto text = refusal_of(document);
  for (const char* part : {"cannot read node record 'n1': 8 mistakes", "spec.operation.release.name: is missing",
                           "status.bootID: is longer than 128 bytes", "status.booted.kernel: holds control characters",
                           "status.operation.state: 'Done' is not Running, Succeeded or Failed",
                           "status.operation.successor: is not the", "status.drift.files: is not a whole number",
                           "status.drift.units: is not a whole number", "status.drift.examples: has 21 entries"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(NodeRecord, RefusesOtherTypesEverywhere) {
  for (const char* place : {"/spec", "/spec/operation", "/spec/operation/release", "/status", "/status/booted",
                            "/status/bootID", "/status/operation", "/status/drift", "/status/drift/examples"}) {
    json document = full();
    document[json::json_pointer(place)] = 3;
    EXPECT_THAT(refusal_of(document), HasSubstr(": is not a")) << place;
  }
  json document = full();
  document["status"].erase("bootID");
  EXPECT_THAT(refusal_of(document), HasSubstr("status.booted: is there without 'bootID'"));
}

}  // namespace
}  // namespace keelson::fleet
