#include "fleet/resources/node_rollout.h"

#include <gmock/gmock.h>

#include "fleet/resources/sample_resources.h"
#include "fleet/rollout/document.h"
#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"
#include "kube/merge_difference.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;
using sample::refusal;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Moment kNow{std::chrono::seconds(1'795'680'000)};  // 2026-11-26T08:00:00Z

NodeRollout rollout() {
  NodeRollout made;
  made.name = "november";
  made.pool = "workers";
  made.image = "registry.example/x";
  made.spec = sample::rollout(sample::cluster({.nodes = 3}));
  made.windows = {"nightly"};
  made.gates = {{"smoke", CommandGate{{"/bin/smoke"}, std::chrono::seconds(5)}}};
  made.back_end = ExecBackEnd{{"/hooks/reimage"}, std::chrono::seconds(60)};
  made.wishes = {true, true, true, {"canary"}, 2};
  return made;
}

json resource(const NodeRollout& from = rollout()) {
  json document = node_rollout_json(from);
  document["metadata"].update({{"uid", "rollout-1"}, {"resourceVersion", "9"}, {"generation", 4}});
  return document;
}

std::string refusal_with(const char* place, json value) {
  json document = resource();
  document[json::json_pointer(place)] = std::move(value);
  return refusal([&] { read_node_rollout(document); });
}

RolloutRecord record(const RolloutSpec& spec) {
  RolloutRecord made;
  made.status = first_status(spec, kNow);
  made.status.nodes.at("node-000").stage = Stage::Done;
  made.status.nodes.at("node-001").stage = Stage::Draining;
  made.status.nodes.at("node-002").stage = Stage::Quarantined;
  made.status.nodes.at("node-002").failed = true;
  made.memory.daemon_sets["node-001"] = {"kube-system/DaemonSet/agent"};
  made.memory.crash_looping = Names{"shop/ReplicaSet/web"};
  made.memory.looks = {{"canary", 3}, {"restarts", 0}};
  made.plan_hash = std::string(64, 'a');
  made.memory.answers["canary"] = {Verdict::Bad, "error rate 4.1 %"};
  made.conditions = {{"Progressing", true, "Running", "2 of 3"}, {"Halted", false, "NotHalted", ""}};
  return made;
}

json with_status(json status) {
  json document = resource();
  document["status"] = std::move(status);
  return document;
}

TEST(NodeRollout, IsTheSameAfterwards) {
  const auto read = read_node_rollout(resource());
  EXPECT_EQ(node_rollout_json(read), node_rollout_json(rollout()));
  EXPECT_EQ(read.spec.uid, "rollout-1");
  EXPECT_EQ(read.spec.name, "november");
  EXPECT_EQ(read.resource_version, "9");
  EXPECT_EQ(read.generation, 4);
  EXPECT_TRUE(read.wishes.aborted && read.wishes.paused && read.wishes.roll_back);
  EXPECT_THAT(read.wishes.approved, ElementsAre("canary"));
}

TEST(NodeRollout, ItsNameIsTheResources) {
  json document = resource();
  document["metadata"]["name"] = "december";
  const auto read = read_node_rollout(document);
  EXPECT_EQ(read.spec.name, "december");
  EXPECT_EQ(read.name, "december");
}

TEST(NodeRollout, NamesEveryMistakeWithItsPlace) {
  json document = resource();
  document["spec"]["plan"]["batches"] = json::array();
  document["spec"]["pool"] = 3;
  document["spec"]["pause"] = true;
  document["spec"]["acknowledgedHalts"] = -1;
  const auto text = refusal([&] { read_node_rollout(document); });
  for (const char* part : {"cannot read node rollout 'november': 4 mistakes", "spec.plan: batches: there is none",
                           "spec.pool: is not a text", "spec.pause: is not known here; did you mean 'paused'?",
                           "spec.acknowledgedHalts: is not a whole number"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(NodeRollout, ThePlanHasTheBoundsOfTheSchema) {
  EXPECT_THAT(refusal_with("/spec/plan/target/kernel", std::string(257, 'x')), HasSubstr("kernel of a release"));
  EXPECT_THAT(refusal_with("/spec/plan/target/name", "a\x01"), HasSubstr("name of a release"));
  EXPECT_THAT(refusal_with("/spec/plan/poolNodes/3", "A/B"), HasSubstr("'poolNodes' has a name that no node"));
  EXPECT_THAT(refusal_with("/spec/plan/batches/0/name", std::string(257, 'x')), HasSubstr("the name of a batch"));
  EXPECT_THAT(refusal_with("/spec/plan/previous/0/nodes/0", "A B"), HasSubstr("'previous' has a name that no node"));
  EXPECT_THAT(refusal_with("/spec/plan", nullptr), HasSubstr("spec.plan: is missing"));
  EXPECT_THAT(refusal_with("/spec/plan", 3), HasSubstr("spec.plan: it is no object"));
}

TEST(RolloutRecord, IsTheSameAfterwards) {
  const auto spec = rollout().spec;
  const json status = rollout_record_json(record(spec), 4, nullptr, kNow);
  EXPECT_EQ(status["observedGeneration"], 4);
  EXPECT_EQ(status["counts"], json::parse(R"({"nodes":3,"done":1,"underWay":1,"failed":1,"quarantined":1})"));
  EXPECT_EQ(status["conditions"][0]["lastTransitionTime"], "2026-11-26T08:00:00Z");
  const auto read = read_rollout_record(with_status(status), spec).value();
  EXPECT_EQ(rollout_record_json(read, 4, status, kNow + hours(5)), status);
  EXPECT_EQ(read.memory.daemon_sets, record(spec).memory.daemon_sets);
  EXPECT_EQ(read.memory.crash_looping, record(spec).memory.crash_looping);
  EXPECT_EQ(read.memory.looks, record(spec).memory.looks);
  EXPECT_EQ(status["looks"]["canary"], json::parse(R"({"taken":3,"verdict":"Bad","reason":"error rate 4.1 %"})"));
  EXPECT_EQ(read.memory.answers.at("canary").verdict, Verdict::Bad);
  EXPECT_EQ(read.plan_hash, std::string(64, 'a'));
}

TEST(RolloutRecord, AConditionThatHoldsAsItDidKeepsItsTime) {
  const auto spec = rollout().spec;
  auto made = record(spec);
  const json before = rollout_record_json(made, 4, nullptr, kNow);
  made.conditions[0].message = "3 of 3";
  made.conditions[1].holds = true;
  const json after = rollout_record_json(made, 5, before, kNow + hours(1));
  EXPECT_EQ(after["conditions"][0]["lastTransitionTime"], "2026-11-26T08:00:00Z");
  EXPECT_EQ(after["conditions"][1]["lastTransitionTime"], "2026-11-26T09:00:00Z");
  EXPECT_EQ(after["conditions"][1]["observedGeneration"], 5);
}

TEST(RolloutRecord, AMergePatchSendsOnlyTheNodeThatChanged) {
  const auto spec = rollout().spec;
  auto made = record(spec);
  const json before = rollout_record_json(made, 4, nullptr, kNow);
  made.status.nodes.at("node-001").stage = Stage::Detaching;
  const json after = rollout_record_json(made, 4, before, kNow);
  EXPECT_EQ(kube::merge_difference(before, after), json::parse(R"({"nodes":{"node-001":{"stage":"Detaching"}}})"));
}

TEST(RolloutRecord, ThereMayBeNone) {
  const auto spec = rollout().spec;
  EXPECT_FALSE(read_rollout_record(resource(), spec));
  EXPECT_FALSE(read_rollout_record(with_status(nullptr), spec));
  EXPECT_FALSE(read_rollout_record(with_status(json::object()), spec));
  EXPECT_FALSE(read_rollout_record(with_status({{"conditions", json::array()}}), spec));
}

TEST(RolloutRecord, OneThatIsNotAcceptedSaysWhy) {
  const json status = refusal_json("PoolIsBusy", "rollout 'october' moves the same pool", 4, nullptr, kNow);
  EXPECT_EQ(status["conditions"][0]["type"], "Accepted");
  EXPECT_EQ(status["conditions"][0]["status"], "False");
  EXPECT_EQ(refusal_json("PoolIsBusy", "rollout 'october' moves the same pool", 4, status, kNow + hours(1)), status);
  EXPECT_FALSE(read_rollout_record(with_status(status), rollout().spec));
}

TEST(RolloutRecord, RefusesWhatDoesNotFit) {
  const auto spec = rollout().spec;
  const auto says = [&](const char* place, json value) {
    json document = with_status(rollout_record_json(record(spec), 4, nullptr, kNow));
    document["status"][json::json_pointer(place)] = std::move(value);
    return refusal([&] { read_rollout_record(document, spec); });
  };
  EXPECT_EQ(says("/later", 3), "");
  EXPECT_THAT(says("/nodes/node-009", {{"stage", "Done"}, {"since", "2026-11-26T08:00:00Z"}}),
              HasSubstr("status: nodes.node-009: the rollout has no such node"));
  EXPECT_THAT(says("/phase", nullptr), HasSubstr("status: phase: it is missing"));
  EXPECT_THAT(says("/phase", "Dancing"), HasSubstr("'Dancing' is no phase"));
  EXPECT_THAT(says("/baselines", 3), HasSubstr("status.baselines: is not an object"));
  EXPECT_THAT(says("/baselines/nodes", {{"x", json::array()}}), HasSubstr("a node that the rollout does not have"));
  EXPECT_THAT(says("/baselines/crashLooping", 3), HasSubstr("status.baselines.crashLooping: is not a list"));
  EXPECT_THAT(says("/looks/canary/taken", -1), HasSubstr("status.looks.canary.taken: is not a whole number"));
  EXPECT_THAT(says("/looks/canary/verdict", "Fair"), HasSubstr("status.looks.canary.verdict: 'Fair' is not Good"));
  EXPECT_THAT(says("/conditions/0/status", "Maybe"), HasSubstr("status.conditions[0].status: 'Maybe' is not"));
  EXPECT_THAT(says("/conditions/0", nullptr), HasSubstr("status.conditions[0]"));
  EXPECT_THAT(refusal([&] { read_rollout_record(with_status(3), spec); }), HasSubstr("status: is not an object"));
  EXPECT_THAT(refusal([&] { read_rollout_record(nullptr, spec); }), HasSubstr("is not an object"));
}

TEST(RolloutRecord, WhateverNamesAreInATextItIsReadAgain) {
  const auto spec = rollout().spec;
  auto made = record(spec);
  made.memory.answers["canary"].reason = "a\n\x01\xff" + std::string(10'000, 'x');
  made.conditions[0].message = "two\nlines\r\x7f" + std::string(100'000, 'x');
  const json status = rollout_record_json(made, 4, nullptr, kNow);
  const auto read = read_rollout_record(with_status(status), spec).value();
  EXPECT_THAT(read.memory.answers.at("canary").reason, testing::StartsWith("a ??xxx"));
  EXPECT_THAT(read.conditions[0].message, testing::StartsWith("two\nlines??xxx"));
}

TEST(RolloutRecord, OfTooManyCrashLoopingOwnersTheFirstAreKept) {
  const auto spec = rollout().spec;
  auto made = record(spec);
  for (int i = 0; i < 6000; ++i) made.memory.crash_looping->insert("shop/ReplicaSet/web-" + std::to_string(i));
  const json status = rollout_record_json(made, 4, nullptr, kNow);
  EXPECT_EQ(status["baselines"]["crashLooping"].size(), 5000U);
  EXPECT_TRUE(read_rollout_record(with_status(status), spec));
}

}  // namespace
}  // namespace keelson::fleet
