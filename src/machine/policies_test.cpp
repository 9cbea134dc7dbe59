// The policies in policies/: each rule asks for a fact that the schema knows, and for a check that there is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "hardening/check.h"
#include "inventory/from_outside.h"
#include "policy/policy.h"
#include "sys/file.h"

namespace keelson::machine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class ShippedPolicies : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("KEELSON_SOURCE_DIR");
    if (folder == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
    schema_ = json::parse(read_file(fs::path(folder) / "schema/facts.schema.json"));
    for (const auto& file : fs::directory_iterator(fs::path(folder) / "policies"))
      if (file.path().extension() == ".yaml") policies_.push_back(policy::read_policy(file.path()));
  }

  const json& resolved(const json& schema) const {
    return schema.contains("$ref") ? schema_["$defs"][schema["$ref"].get<std::string>().substr(8)] : schema;
  }

  /// What the schema says of a field of an object, or null.
  json field(const json& object, const std::string& name) const {
    if (object.contains("properties") && object["properties"].contains(name))
      return resolved(object["properties"][name]);
    if (object.contains("additionalProperties")) return resolved(object["additionalProperties"]);
    const bool is_free = object.value("type", "") == "object" && !object.contains("properties");
    return is_free ? object : json();  // a map whose names nobody lists, as deep as it goes
  }

  bool knows(std::string path) const {
    json here = schema_;
    while (!path.empty() && !here.is_null()) {
      const auto end = std::min(path.find_first_of(".["), path.size());
      here = field(here, path.substr(0, end));
      path.erase(0, end);
      if (path.starts_with('[')) {
        here = here.is_object() && here.contains("items") ? resolved(here["items"]) : json();
        path.erase(0, path.find(']') + 1);
      }
      if (path.starts_with('.')) path.erase(0, 1);
    }
    return !here.is_null();
  }

  template <typename Look>
  void each_fact(Look&& look) const {
    for (const auto& policy : policies_) {
      for (const auto& rule : policy.rules) {
        look(policy.name + ": " + rule.id, rule.fact);
        if (rule.op == policy::Operator::SameAs) look(policy.name + ": " + rule.id, rule.operands.at(0).text);
        if (rule.when) look(policy.name + ": when of " + rule.id, rule.when->fact);
      }
    }
  }

  json schema_;
  std::vector<policy::Policy> policies_;
};

TEST_F(ShippedPolicies, AskForFactsThatTheSchemaKnows) {
  EXPECT_GE(policies_.size(), 5U);
  each_fact(
      [&](const std::string& rule, const std::string& fact) { EXPECT_TRUE(knows(fact)) << rule << ": " << fact; });
  for (const char* fact :
       {"versions.kernal", "ukis[*].sined", "ukis.signed", "hardening.checks[id=a].verdict", "x", "setuid[*]"})
    EXPECT_FALSE(knows(fact)) << fact;
}

TEST_F(ShippedPolicies, AskForChecksThatThereAre) {
  constexpr std::string_view kChecks = "hardening.checks[id=";
  std::set<std::string> ids;
  for (const auto& check : hardening::all_checks()) ids.insert(hardening::id_of(check));
  std::size_t asked = 0;
  each_fact([&](const std::string& rule, const std::string& fact) {
    if (!fact.starts_with(kChecks)) return;
    ++asked;
    EXPECT_TRUE(ids.contains(fact.substr(kChecks.size(), fact.find(']') - kChecks.size()))) << rule << ": " << fact;
  });
  EXPECT_GT(asked, 100U);
}

// A rule that is only for images would never count if only a running machine told its fact.
TEST_F(ShippedPolicies, AskImagesForWhatFilesTell) {
  for (const auto& policy : policies_) {
    for (const auto& rule : policy.rules) {
      if (!rule.when || rule.when->fact != "inspection.kind") continue;
      EXPECT_FALSE(inventory::only_running_machine_tells(rule.fact)) << policy.name << ": " << rule.id;
    }
  }
}

// What a rule wants is told, and what is to be done where the rule itself does not say it.
TEST_F(ShippedPolicies, GiveReasons) {
  for (const auto& policy : policies_) {
    if (policy.name != "cis-container-host") continue;
    EXPECT_GT(policy.rules.size(), 150U);
    for (const auto& rule : policy.rules) EXPECT_FALSE(rule.reason.empty()) << rule.id;
  }
}

}  // namespace
}  // namespace keelson::machine
