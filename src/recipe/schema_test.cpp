// The JSON schema as another program understands it: python3-jsonschema judges what the reader judges.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "recipe/document.h"
#include "recipe/language.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::recipe {
namespace {

namespace fs = std::filesystem;

/// Reads [{name, yaml}] and prints {name: first complaint, or ""}.
constexpr std::string_view kJudge = R"(
import json, sys
import jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
verdicts = {}
for case in json.load(open(sys.argv[2])):
    value = json.loads(json.dumps(yaml.safe_load(case["yaml"]), default=str))
    errors = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
    verdicts[case["name"]] = errors[0].message[:300] if errors else ""
print(json.dumps(verdicts))
)";

struct Case {
  std::string name;
  std::string yaml;
};

std::string python() { return fs::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3"; }

bool has_judge() {
  return find_program(python()) &&
         run_process({.arguments = {python(), "-c", "import jsonschema, yaml"}}).exit_code == 0;
}

std::map<std::string, std::string> judge(const std::vector<Case>& cases) {
  const TempDir folder("schema-test");
  nlohmann::json list = nlohmann::json::array();
  for (const auto& one : cases) list.push_back({{"name", one.name}, {"yaml", one.yaml}});
  write_file(folder.path() / "judge.py", kJudge);
  write_file(folder.path() / "schema.json", json_schema());
  write_file(folder.path() / "cases.json", list.dump());
  const auto result =
      run_process({.arguments = {python(), (folder.path() / "judge.py").string(),
                                 (folder.path() / "schema.json").string(), (folder.path() / "cases.json").string()}});
  EXPECT_EQ(result.exit_code, 0) << result.error_output;
  return nlohmann::json::parse(result.output).get<std::map<std::string, std::string>>();
}

std::string with_key(const Key& key, std::string_view value) {
  return std::string(key.name) + ": " + std::string(value) + "\n";
}

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_judge()) GTEST_SKIP() << "python3-jsonschema and python3-yaml are not installed";
  }
};

TEST_F(Schema, TakesTheRecipesThatTheReaderTakes) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  std::vector<Case> cases;
  for (const auto& folder : {"recipes", "../shared/reference/image-customizer/configs"}) {
    const fs::path path = fs::path(source) / folder;
    if (!fs::exists(path)) continue;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() != ".yaml") continue;
      const auto checked = check_document(entry.path(), {.unsupported_is_error = false, .check_files = false});
      if (checked.kind != DocumentKind::Recipe || has_errors(checked.findings)) continue;
      cases.push_back({entry.path().filename().string(), read_file(entry.path())});
    }
  }
  EXPECT_GE(cases.size(), 2U);
  for (const auto& [name, complaint] : judge(cases)) EXPECT_EQ(complaint, "") << name;
}

TEST_F(Schema, TakesEveryExampleAndRefusesEveryWrongTypeAndUnknownKey) {
  std::vector<Case> good;
  std::vector<Case> bad;
  for (const auto& key : recipe_section().keys) {
    const bool map = key.value.shape == Shape::Object;
    good.push_back({std::string(key.name), with_key(key, example_of(key))});
    bad.push_back({std::string(key.name), with_key(key, map ? "[wrong]" : "{wrong: 1}")});
  }
  for (const auto& key : os_section().keys) {
    const bool map = key.value.shape == Shape::Object || key.value.shape == Shape::TextMap;
    good.push_back({"os." + std::string(key.name), "os:\n  " + with_key(key, example_of(key))});
    bad.push_back({"os." + std::string(key.name), "os:\n  " + with_key(key, map ? "[wrong]" : "{wrong: 1}")});
  }
  bad.push_back({"unknown", "os: {nonsense: 1}"});
  for (const auto& [name, complaint] : judge(good)) {
    // An example of `storage` alone lacks the boot loader's reset: that is a rule between sections.
    EXPECT_TRUE(complaint.empty() || name == "storage") << name << ": " << complaint;
  }
  for (const auto& [name, complaint] : judge(bad)) EXPECT_NE(complaint, "") << name;
}

TEST_F(Schema, HoldsTheShorthandsAndNulls) {
  const auto verdicts =
      judge({{"nulls", "os:\nstorage:\nscripts: {postCustomization: }\n"},
             {"platform", "input: {image: {oci: {uri: r.example.org/a, platform: linux/amd64}}}"},
             {"version", "input: {image: {azureLinux: {variant: minimal-os, version: 3.0}}}"},
             {"date", "os: {packages: {snapshotTime: 2025-09-18}}"},
             {"permissions", "os: {additionalFiles: [{destination: /a, content: x, permissions: 755}]}"},
             {"inherited", "baseConfigs: [{path: a.yaml}]\nstorage: {resetPartitionsUuidsType: reset-all}"}});
  for (const auto& [name, complaint] : verdicts) EXPECT_EQ(complaint, "") << name;
}

TEST_F(Schema, HoldsTheRulesBetweenKeys) {
  const std::string disk = "disks: [{maxSize: 4G, partitions: [{id: a, size: 1G}]}]";
  const auto verdicts = judge({
      {"no boot type", "os: {bootloader: {resetType: hard-reset}}\nstorage: {" + disk + "}"},
      {"no reset", "storage: {bootType: efi, " + disk + "}"},
      {"two disks",
       "os: {bootloader: {resetType: hard-reset}}\nstorage: {bootType: efi, disks: [{partitions: [{id: a}]}, "
       "{partitions: [{id: b}]}]}"},
      {"end and size",
       "distribution: {family: debian, release: trixie}\nstorage: {bootType: efi, disks: [{partitions: "
       "[{id: a, size: 1G, end: 2G}]}]}"},
      {"uuids and disks",
       "os: {bootloader: {resetType: hard-reset}}\nstorage: {bootType: efi, "
       "resetPartitionsUuidsType: reset-all, " +
           disk + "}"},
      {"passthrough", "os: {uki: {mode: passthrough}, selinux: {mode: enforcing}}"},
      {"modify", "os: {uki: {mode: modify}, bootloader: {resetType: hard-reset}}"},
      {"two sources", "os: {additionalFiles: [{destination: /a, content: x, source: y}]}"},
      {"no source", "os: {additionalFiles: [{destination: /a}]}"},
      {"locked", "os: {users: [{name: a, password: {type: locked, value: x}}]}"},
      {"no value", "os: {users: [{name: a, password: {type: hashed}}]}"},
      {"module", "os: {modules: [{name: a, loadMode: disable, options: {b: c}}]}"},
      {"two images", "input: {image: {path: a, azureLinux: {variant: a, version: '3.0'}}}"},
      {"no image", "input: {image: {}}"},
      {"urls", "pxe: {bootstrapBaseUrl: 'http://a/b', bootstrapFileUrl: 'http://a/b'}"},
      {"full-os", "pxe: {initramfsType: full-os, bootstrapFileUrl: 'http://a/b'}"},
      {"level", "output: {image: {cosi: {compression: {level: 23}}}}"},
      {"gid", "os: {groups: [{name: a, gid: 60001}]}"},
      {"mount", "distribution: {family: debian, release: trixie}\nstorage: {bootType: efi, " + disk +
                    ", filesystems: [{deviceId: a, mountPoint: /}]}"},
      {"permissions", "os: {additionalFiles: [{destination: /a, content: x, permissions: '1777'}]}"},
      {"icmp", "os: {firewall: {allow: [{protocol: icmp, ports: [1]}]}}"},
      {"no base", "baseConfigs: [{}]"},
  });
  EXPECT_EQ(verdicts.size(), 22U);
  for (const auto& [name, complaint] : verdicts) EXPECT_NE(complaint, "") << name;
}

}  // namespace
}  // namespace keelson::recipe
