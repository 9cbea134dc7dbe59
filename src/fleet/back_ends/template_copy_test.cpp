#include "fleet/back_ends/template_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

using kube::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Operation kOperation{.name = "one",
                           .release = {.name = "2026.11", .image_digest = "sha256:aa"},
                           .image = "registry.example/host@sha256:aa"};

json original() {
  return json::parse(R"({
    "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "ToyMachineTemplate",
    "metadata": {"name": "workers", "namespace": "default", "uid": "u", "resourceVersion": "7", "labels": {"pool": "a"},
                 "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
                 "ownerReferences": [{"apiVersion": "v1", "kind": "Cluster", "name": "c", "uid": "x"},
                                     {"apiVersion": "v1", "kind": "Other", "name": "o", "uid": "y"}]},
    "spec": {"template": {"spec": {"image": "old", "disks": [{"size": 20}]}}}, "status": {"capacity": {"cpu": 2}}})");
}

json patch(const std::string& image) { return {{"spec", {{"template", {{"spec", {{"image", image}}}}}}}}; }

std::string refusal(const std::string& text, const Operation& operation = kOperation) {
  try {
    filled_patch(text, operation);
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

TEST(FilledPatch, KnowsTheReleaseInEveryText) {
  EXPECT_EQ(
      filled_patch(R"({"spec": {"a": ["${image}", 3, {"b": "x-${release}/${digest}$"}], "c": "${image}${image}"}})",
                   {.release = {.name = "r", .image_digest = "d"}, .image = "i"}),
      json::parse(R"({"spec": {"a": ["i", 3, {"b": "x-r/d$"}], "c": "ii"}})"));
}

TEST(FilledPatch, MistakesAreNamed) {
  EXPECT_THAT(refusal(R"({"spec": "${imag}"})"), HasSubstr("'${imag}' is not known"));
  EXPECT_THAT(refusal(R"({"spec": "${image"})"), HasSubstr("is not known"));
  EXPECT_THAT(refusal(R"({"spec": "${image}"})", {.release = {.name = "r"}}), HasSubstr("release 'r' has no image"));
  EXPECT_THAT(refusal("[]"), HasSubstr("it is no object"));
  EXPECT_THAT(refusal("{"), HasSubstr("template patch"));
}

TEST(CopiedTemplate, HasTheChangeAndANameThatFollowsFromIt) {
  const json copy = copied_template(original(), patch("new")).value();
  EXPECT_EQ(copy["spec"], json::parse(R"({"template": {"spec": {"image": "new", "disks": [{"size": 20}]}}})"));
  EXPECT_THAT(kube::name_of(copy), StartsWith("workers-"));
  EXPECT_EQ(kube::name_of(copy).size(), std::string("workers-").size() + 10);
  EXPECT_EQ(kube::namespace_of(copy), "default");
  EXPECT_EQ(kube::labels_of(copy), (kube::Labels{{"pool", "a"}}));
  EXPECT_EQ(kube::annotation_of(copy, kCopyOf), "workers");
  EXPECT_FALSE(kube::annotation_of(copy, "kubectl.kubernetes.io/last-applied-configuration"));
  EXPECT_EQ(copy["metadata"]["ownerReferences"].size(), 1U);
  EXPECT_FALSE(copy.contains("status"));
  EXPECT_FALSE(copy["metadata"].contains("uid"));
  EXPECT_EQ(copy, copied_template(original(), patch("new")).value());
}

TEST(CopiedTemplate, NothingIsCopiedWhenNothingChanges) {
  EXPECT_FALSE(copied_template(original(), patch("old")));
  EXPECT_FALSE(copied_template(original(), json::object()));
}

TEST(CopiedTemplate, ACopyOfACopyIsTheSameAsOne) {
  const json first = copied_template(original(), patch("new")).value();
  const json second = copied_template(first, patch("newer")).value();
  EXPECT_EQ(kube::annotation_of(second, kCopyOf), "workers");
  EXPECT_EQ(second, copied_template(original(), patch("newer")).value());
  EXPECT_EQ(kube::name_of(copied_template(second, patch("new")).value()), kube::name_of(first)) << "the way back";
}

TEST(CopiedTemplate, OnlyTheSpecCanBeChanged) {
  EXPECT_THROW(copied_template(original(), {{"metadata", {{"name", "x"}}}}), Error);
}

}  // namespace
}  // namespace keelson::fleet
