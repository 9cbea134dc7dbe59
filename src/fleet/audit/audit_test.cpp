#include "fleet/audit/audit.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fleet/audit/read_sources.h"
#include "fleet/audit/render.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Moment kNow{std::chrono::seconds(1'795'687'200)};  // 2026-11-26T10:00:00Z
const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kOther = "sha256:" + std::string(64, 'b');

json node(const std::string& name, const std::string& boot = "b1", const std::string& pool = "workers") {
  return {{"apiVersion", "v1"},
          {"kind", "Node"},
          {"metadata", {{"name", name}, {"uid", "u-" + name}, {"labels", {{"pool", pool}}}}},
          {"status", {{"nodeInfo", {{"bootID", boot}, {"architecture", "amd64"}, {"kubeletVersion", "v1.32.4"}}}}}};
}
json ours(const std::string& kind, const std::string& name, json more) {
  json object{{"apiVersion", "keelson.dev/v1alpha1"}, {"kind", kind}, {"metadata", {{"name", name}, {"uid", "x"}}}};
  object.update(more);
  return object;
}
json record(const std::string& name, const std::string& digest = kDigest, const std::string& boot = "b1") {
  return ours("NodeRecord", name,
              {{"status",
                {{"bootID", boot},
                 {"booted", {{"name", "host-2"}, {"imageDigest", digest}, {"kernel", "6.12"}}},
                 {"reported", "2026-11-26T09:00:00Z"},
                 {"drift", {{"checked", "2026-11-26T09:30:00Z"}, {"packages", 0}}}}}});
}
json release(const std::string& name, const std::string& digest) {
  return ours(
      "ImageRelease", name,
      {{"spec",
        {{"imageDigest", digest}, {"kernel", "6.12"}, {"channel", "stable"}, {"published", "2026-11-20T08:00:00Z"}}}});
}
json pool(json spec) {
  spec["selector"] = {{"matchLabels", {{"pool", "workers"}}}};
  return ours("NodePool", "workers", {{"spec", std::move(spec)}});
}

FleetAudit audit_of(const std::vector<json>& objects) {
  AuditSourcesReader reader;
  reader.add({{"kind", "List"}, {"items", objects}}, "test");
  return audit_fleet(reader.finish(), kNow, 48h);
}
AuditedNode one(const std::vector<json>& objects) { return audit_of(objects).nodes.at(0); }

TEST(FleetAudit, ANodeOnItsReleaseWithoutDrift) {
  for (const json& spec : {json{{"release", "host-2"}}, json{{"channel", "stable"}}}) {
    const auto found = one({node("n1"), record("n1"), release("host-2", kDigest), pool(spec)});
    EXPECT_EQ(found.standing, Standing::OnRelease);
    EXPECT_EQ(found.pool, "workers");
    EXPECT_EQ(found.wanted, "host-2");
    EXPECT_EQ(found.booted, "host-2");
    EXPECT_THAT(found.findings, IsEmpty());
    EXPECT_THAT(found.notes, IsEmpty());
  }
}

TEST(FleetAudit, ANodeOnAnotherReleaseIsRecognisedByItsDigest) {
  const auto found = one({node("n1"), record("n1", kOther), release("host-1", kOther), release("host-2", kDigest),
                          pool({{"release", "host-2"}})});
  EXPECT_EQ(found.standing, Standing::OtherRelease);
  EXPECT_EQ(found.booted, "host-1");
  EXPECT_THAT(found.findings, ElementsAre(HasSubstr("image is " + kOther)));
}

TEST(FleetAudit, DriftIsTold) {
  json drifted = record("n1");
  drifted["status"]["drift"] = {{"checked", "2026-11-23T09:00:00Z"},
                                {"packages", 1},
                                {"kernel", 2},
                                {"examples", {"packages: openssl is 3; the release has 4"}}};
  const auto found = one({node("n1"), drifted, release("host-2", kDigest), pool({{"release", "host-2"}})});
  EXPECT_EQ(found.standing, Standing::Drifted);
  EXPECT_THAT(found.findings, ElementsAre("drift: 1 packages, 0 files, 0 units, 2 of the kernel",
                                          "packages: openssl is 3; the release has 4"));
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("audited last")));
  // Of a node that nobody has a release for, too.
  EXPECT_EQ(one({node("n1"), drifted}).standing, Standing::Drifted);
}

TEST(FleetAudit, WhatIsNotKnownIsSaid) {
  EXPECT_THAT(one({node("n1")}).findings, Contains("it has reported nothing"));
  EXPECT_EQ(one({node("n1")}).standing, Standing::Unknown);
  const auto earlier = one({node("n1", "b2"), record("n1"), release("host-2", kDigest), pool({{"release", "host-2"}})});
  EXPECT_EQ(earlier.standing, Standing::Unknown);
  EXPECT_THAT(earlier.findings, Contains(HasSubstr("of another boot")));
  const auto missing = one({node("n1"), record("n1"), pool({{"release", "host-9"}})});
  EXPECT_EQ(missing.standing, Standing::Unknown);
  EXPECT_THAT(missing.findings, Contains(HasSubstr("'host-9', which does not exist")));
  EXPECT_THAT(one({node("n1"), record("n1"), pool(json::object())}).notes, Contains("its pool wants no release"));
  json silent = record("n1");
  silent["status"].erase("drift");
  EXPECT_THAT(one({node("n1"), silent}).notes, Contains("it was never audited"));
  // A release that names nothing proves nothing.
  const auto empty = ours("ImageRelease", "host-2", {{"spec", {{"channel", "stable"}}}});
  EXPECT_EQ(one({node("n1"), record("n1"), empty, pool({{"release", "host-2"}})}).standing, Standing::Unknown);
}

TEST(FleetAudit, ADeniedReleaseIsAFinding) {
  json denied = release("host-2", kDigest);
  denied["spec"]["denied"] = {{"reason", "boots without SELinux"}};
  const auto found = one({node("n1"), record("n1"), denied, pool({{"release", "host-2"}})});
  EXPECT_THAT(found.findings, Contains(HasSubstr("denied: boots without SELinux")));
}

TEST(FleetAudit, BrokenResourcesAreNotesAndTheRestIsJudged) {
  json broken = record("n2");
  broken["status"]["bootID"] = 5;
  const auto audit = audit_of({node("n2"), node("n1"), record("n1"), broken, record("gone"), release("host-2", kDigest),
                               pool({{"release", "host-2"}})});
  ASSERT_EQ(audit.nodes.size(), 2U);
  EXPECT_EQ(audit.nodes[0].standing, Standing::OnRelease);
  EXPECT_EQ(audit.nodes[1].standing, Standing::Unknown);
  EXPECT_THAT(audit.notes, Contains(HasSubstr("n2")));
  EXPECT_THAT(audit.notes, Contains(HasSubstr("record of 'gone'")));
}

TEST(FleetAudit, WhatIsNoClusterIsRefused) {
  for (const char* text : {"", "{", "[]", "{}", R"({"kind": "List", "items": []})", R"({"kind": "Pod"})"}) {
    AuditSourcesReader reader;
    EXPECT_THROW(
        {
          reader.add_text(text, "f.json");
          reader.finish();
        },
        Error)
        << text;
  }
}

TEST(FleetAudit, IsWrittenForPeopleAndPrograms) {
  json hostile = record("n1");
  hostile["status"]["drift"] = {{"checked", "2026-11-26T09:00:00Z"}, {"files", 1}, {"examples", {"<script>"}}};
  const auto audit = audit_of({node("n1"), hostile, release("host-2", kDigest), pool({{"release", "host-2"}})});
  const std::string text = render_audit(audit, false);
  EXPECT_THAT(text, HasSubstr("n1    workers  host-2   host-2  DRIFTED\n"));
  EXPECT_THAT(text, HasSubstr("1 nodes: 0 on their release, 1 drifted, 0 on another release, 0 unknown\n"));
  EXPECT_THAT(audit_html(audit), HasSubstr("&lt;script&gt;"));
  const auto document = audit_json(audit);
  EXPECT_EQ(document["nodes"][0]["standing"], "drifted");
  EXPECT_EQ(document["counts"]["drifted"], 1);
  EXPECT_EQ(document["taken"], "2026-11-26T10:00:00Z");
}

}  // namespace
}  // namespace keelson::fleet
