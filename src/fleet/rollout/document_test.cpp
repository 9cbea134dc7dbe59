#include "fleet/rollout/document.h"

#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

RolloutSpec sample_spec() {
  RolloutSpec spec = sample::rollout(sample::cluster({.nodes = 3}));
  spec.strategy.max_unavailable = {10, true};
  spec.strategy.drain_time = 90s;
  spec.strategy.final_soak = 48h;
  spec.strategy.undrainable = Undrainable::Halt;
  spec.batches.at(1).needs_approval = true;
  return spec;
}

std::string refusal(const std::function<void(json&)>& change) {
  json document = spec_json(sample_spec());
  change(document);
  try {
    parse_spec(document, "plan.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "";
}

TEST(RolloutDocument, ASpecIsTheSameAfterwards) {
  const RolloutSpec spec = sample_spec();
  const json document = spec_json(spec);
  EXPECT_EQ(spec_json(parse_spec(document, "x")), document);
  EXPECT_EQ(document["strategy"]["drainTime"], "90s");
  EXPECT_EQ(document["strategy"]["finalSoak"], "48h");
  EXPECT_EQ(document["strategy"]["maxUnavailable"], "10%");
}

TEST(RolloutDocument, AStatusIsTheSameAfterwards) {
  const RolloutSpec spec = sample_spec();
  RolloutStatus status = first_status(spec, Moment{500'000h});
  auto& progress = status.nodes.at("node-001");
  progress = {.stage = Stage::Proving,
              .direction = Direction::Back,
              .since = Moment{500'001h},
              .reason = "r",
              .attempt = 2,
              .cordon_is_ours = true,
              .failed = true,
              .failure = "f",
              .changed = true,
              .to_mark = true,
              .after = AfterBacking::Skipped,
              .boot_id = "b",
              .budgets = {"a/b"},
              .gates_good_since = Moment{500'002h}};
  status.phase = Phase::RollingBack;
  status.halts = 2;
  status.forgiven = 1;
  status.batch = 1;
  status.batch_done = Moment{500'003h};
  status.gate_missing_since = Moment{500'004h};
  status.backing_out = status.aborted = true;
  status.why_back = status.reason = "because";
  const json document = status_json(status);
  EXPECT_EQ(status_json(parse_status(document, spec, "x")), document);
}

TEST(RolloutDocument, WhatMakesNoSenseIsNamedByItsPlace) {
  EXPECT_THAT(refusal([](json& d) { d.erase("target"); }), HasSubstr("target.name: it is missing"));
  EXPECT_THAT(refusal([](json& d) { d["batches"][1]["nodes"][0] = "node-000"; }),
              HasSubstr("batches[1].nodes: node 'node-000' stands in two batches"));
  EXPECT_THAT(refusal([](json& d) { d["batches"][1]["name"] = "canary"; }),
              HasSubstr("two batches are called 'canary'"));
  EXPECT_THAT(refusal([](json& d) { d["batches"] = json::array(); }), HasSubstr("batches: there is none"));
  EXPECT_THAT(refusal([](json& d) { d["poolNodes"] = {"node-000"}; }), HasSubstr("is not in the pool"));
  EXPECT_THAT(refusal([](json& d) { d["strategy"]["drainTime"] = "soon"; }),
              HasSubstr("strategy.drainTime: 'soon' is no length of time"));
  EXPECT_THAT(refusal([](json& d) { d["strategy"]["maxUnavailable"] = "101%"; }),
              HasSubstr("neither a number nor a share"));
  EXPECT_THAT(refusal([](json& d) { d["strategy"]["maxUnavailable"] = 0; }), HasSubstr("at least one node"));
  EXPECT_THAT(refusal([](json& d) { d["strategy"]["maxFailures"] = -1; }), HasSubstr("from 0 to"));
  EXPECT_THAT(refusal([](json& d) { d["strategy"]["maxFailures"] = UINT64_MAX; }), HasSubstr("too large"));
  EXPECT_THAT(refusal([](json& d) { d["strategy"]["rollback"] = "maybe"; }),
              HasSubstr("strategy.rollback: 'maybe' is none of never, on-halt"));
}

// Thousands of nodes must fit into one object of the API: what nothing was done with, or nothing more will be, is
// short.
TEST(RolloutDocument, UntouchedNodesAreLeftOutAndSettledOnesAreShort) {
  const RolloutSpec spec = sample_spec();
  RolloutStatus status = first_status(spec, Moment{500'000h});
  EXPECT_TRUE(status_json(status)["nodes"].empty());
  auto& progress = status.nodes.at("node-001");
  progress = {.stage = Stage::Done,
              .since = Moment{500'001h},
              .attempt = 1,
              .cordon_is_ours = true,
              .changed = true,
              .boot_id = "b",
              .budgets = {"a/b"}};
  const json document = status_json(status);
  EXPECT_EQ(document["nodes"],
            json::parse(
                R"({"node-001": {"stage": "Done", "since": "2027-01-15T09:00:00Z", "attempt": 1, "changed": true}})"));
  const RolloutStatus read = parse_status(document, spec, "x");
  EXPECT_EQ(read.nodes.size(), 3U);
  EXPECT_EQ(read.nodes.at("node-000").stage, Stage::Pending);
  EXPECT_TRUE(read.nodes.at("node-001").changed);
}

TEST(RolloutDocument, AStatusOfAnotherRolloutIsRefused) {
  const RolloutSpec spec = sample_spec();
  json document = status_json(first_status(spec, Moment{}));
  document["nodes"]["stranger"] = {{"stage", "Pending"}, {"since", "2026-11-26T10:00:00Z"}};
  EXPECT_THROW(parse_status(document, spec, "x"), Error);
  document = status_json(first_status(spec, Moment{}));
  document["batch"] = 2;
  EXPECT_THROW(parse_status(document, spec, "x"), Error);
}

TEST(RolloutDocument, NoTypeOfAnyFieldBreaksTheReader) {
  for (const json& nonsense : {json(), json("x"), json(7), json::array({1}), json::object(), json(true), json(-1.5)}) {
    const json whole = spec_json(sample_spec());
    for (const auto& [key, value] : whole.items()) {
      json document = whole;
      document[key] = nonsense;
      try {
        parse_spec(document, "x");
      } catch (const Error&) {
      }
    }
  }
}

}  // namespace
}  // namespace keelson::fleet
