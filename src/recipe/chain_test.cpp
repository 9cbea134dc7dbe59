// baseConfigs: what is inherited, and what is refused.
#include "recipe/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::recipe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Recipes in memory; the one named "top.yaml" is read.
ReadResult read_set(const std::map<std::string, std::string>& files) {
  ReadOptions options{.unsupported_is_error = false, .check_files = false};
  options.read_text = [&](const std::filesystem::path& path) {
    const auto at = files.find(path.string());
    if (at == files.end()) throw Error(ErrorKind::NotFound, "cannot read '" + path.string() + "': no such file");
    return at->second;
  };
  return parse_recipe(files.at("/r/top.yaml"), "/r/top.yaml", "/r", options);
}

std::string findings_of(const std::map<std::string, std::string>& files) {
  return render_findings("/r/top.yaml", read_set(files).findings);
}

constexpr const char* kTop = "previewFeatures: [base-configs]\nbaseConfigs: [{path: base.yaml}]\n";

TEST(Chain, TextsOverrideListsAppendAndMapsMerge) {
  const auto [recipe, findings] = read_set({{"/r/base.yaml", R"(distribution: {family: debian, release: trixie}
os:
  hostname: base
  selinux: {mode: permissive}
  kernelCommandLine: {extraCommandLine: [quiet]}
  packages: {install: [nginx]}
  additionalFiles: [{destination: /a, content: a}]
  sysctls: {net.a: 1, net.b: 1}
output: {image: {path: b.raw, format: qcow2}}
scripts: {postCustomization: [{content: first}]}
)"},
                                            {"/r/top.yaml", std::string(kTop) + R"(distribution: {kernel: generic}
os:
  hostname: top
  kernelCommandLine: {extraCommandLine: [debug]}
  packages: {install: [jq]}
  additionalFiles: [{destination: /b, content: b}]
  sysctls: {net.b: 2}
output: {image: {format: raw}}
scripts: {postCustomization: [{content: second}]}
)"}});
  EXPECT_THAT(recipe.base_configs, ElementsAre("/r/base.yaml"));
  EXPECT_EQ(recipe.distribution.release, "trixie");
  EXPECT_EQ(recipe.distribution.kernel, "generic");
  EXPECT_EQ(recipe.os.hostname, "top");
  EXPECT_EQ(recipe.os.selinux, SelinuxMode::Permissive);
  EXPECT_THAT(recipe.os.extra_kernel_command_line, ElementsAre("quiet", "debug"));
  EXPECT_THAT(recipe.os.packages.install, ElementsAre("nginx", "jq"));
  ASSERT_EQ(recipe.os.additional_files.size(), 2U);
  EXPECT_EQ(recipe.os.additional_files[1].destination, "/b");
  EXPECT_THAT(recipe.os.sysctls, ElementsAre(testing::Pair("net.a", "1"), testing::Pair("net.b", "2")));
  EXPECT_EQ(recipe.output.format, "raw");
  EXPECT_EQ(recipe.output.path, "/r/b.raw");
  ASSERT_EQ(recipe.scripts.post_customization.size(), 2U);
  EXPECT_EQ(recipe.scripts.post_customization[0].content, "first");
}

TEST(Chain, TheWordOfTheLaterRecipeAboutAUnitModuleOrUserHolds) {
  const auto recipe = read_set({{"/r/base.yaml", R"(os:
  services: {enable: [nginx, console-getty], disable: [ssh]}
  modules: [{name: vfio, loadMode: always, options: {a: 1}}, {name: br_netfilter, loadMode: always}]
  users: [{name: admin, uid: 7, secondaryGroups: [sudo]}]
)"},
                                {"/r/top.yaml", std::string(kTop) + R"(os:
  services: {enable: [ssh], disable: [console-getty]}
  modules: [{name: vfio, loadMode: disable}]
  users: [{name: admin, startupCommand: /bin/sh, secondaryGroups: [adm]}, {name: other}]
)"}}).recipe;
  EXPECT_THAT(recipe.os.services.enable, ElementsAre("nginx", "ssh"));
  EXPECT_THAT(recipe.os.services.disable, ElementsAre("console-getty"));
  ASSERT_EQ(recipe.os.modules.size(), 2U);
  EXPECT_EQ(recipe.os.modules[0].load_mode, ModuleLoadMode::Disable);
  EXPECT_THAT(recipe.os.modules[0].options, IsEmpty());
  ASSERT_EQ(recipe.os.users.size(), 2U);
  EXPECT_EQ(recipe.os.users[0].uid, 7U);
  EXPECT_EQ(recipe.os.users[0].startup_command, "/bin/sh");
  EXPECT_THAT(recipe.os.users[0].secondary_groups, ElementsAre("sudo", "adm"));
}

TEST(Chain, AnotherBaseImageReplacesTheBases) {
  const auto [recipe, findings] =
      read_set({{"/r/base.yaml", "input: {image: {path: base.vhdx}}\n"},
                {"/r/top.yaml",
                 "previewFeatures: [base-configs, input-image-oci]\nbaseConfigs: [{path: base.yaml}]\n"
                 "input: {image: {oci: {uri: r.example.org/a:1, platform: linux/arm64}}}\n"}});
  EXPECT_EQ(recipe.input.path, "");
  EXPECT_EQ(recipe.input.oci->architecture, "arm64");
}

TEST(Chain, BasesAreAppliedInOrderEachAfterItsOwn) {
  const auto recipe = read_set({{"/r/a.yaml", "baseConfigs: [{path: sub/c.yaml}]\nos: {packages: {install: [a]}}\n"},
                                {"/r/b.yaml", "baseConfigs: [{path: sub/c.yaml}]\nos: {packages: {install: [b]}}\n"},
                                {"/r/sub/c.yaml", "os: {packages: {install: [c]}, hostname: c}\n"},
                                {"/r/top.yaml",
                                 "baseConfigs: [{path: a.yaml}, {path: b.yaml}]\n"
                                 "os: {packages: {install: [top]}}\n"}})
                          .recipe;
  EXPECT_THAT(recipe.os.packages.install, ElementsAre("c", "a", "b", "top"));  // c only once
  EXPECT_THAT(recipe.base_configs, ElementsAre("/r/sub/c.yaml", "/r/a.yaml", "/r/b.yaml"));
}

TEST(Chain, StorageStandsInOneRecipeOnly) {
  const std::string findings =
      findings_of({{"/r/base.yaml",
                    "os:\n  bootloader: {resetType: hard-reset}\nstorage:\n  "
                    "resetPartitionsUuidsType: reset-all\n"},
                   {"/r/top.yaml", std::string(kTop) + "storage:\n  reinitializeVerity: all\n"}});
  EXPECT_THAT(findings, HasSubstr("/r/top.yaml:3:1: error: 'storage' may stand in only one recipe of a chain, and "
                                  "'/r/base.yaml' has it on line 3"));
  EXPECT_EQ(findings_of({{"/r/base.yaml", "storage:\n"}, {"/r/top.yaml", std::string(kTop) + "storage: {}\n"}}), "");
}

TEST(Chain, FindingsNameTheFileTheyAreIn) {
  const std::string findings = findings_of(
      {{"/r/base.yaml",
        "os:\n  hostnam: x\n  modules:\n  - {name: a, loadMode: disable, options: {b: 1}}\n"
        "  overlays:\n  - {mountPoint: /m, lowerDirs: [/m], upperDir: /u, workDir: /u}\n"},
       {"/r/top.yaml", std::string(kTop) + "os: {overlays: [{mountPoint: /m, lowerDirs: [/m], upperDir: /x, workDir: "
                                           "/y}]}\n"}});
  EXPECT_THAT(findings, HasSubstr("/r/base.yaml:2:3: error: unknown key 'hostnam'"));
  EXPECT_THAT(findings, HasSubstr("/r/base.yaml:4:34: error: 'os.modules[0].options' can't stand beside"));
  EXPECT_THAT(findings, HasSubstr("/r/base.yaml:6:"));
  EXPECT_THAT(findings, HasSubstr("/r/top.yaml:3:30: error: 'os.overlays[0].mountPoint' is used by two overlays"));
}

TEST(Chain, RulesBetweenKeysAreJudgedOnTheWhole) {
  const std::string base = "os: {bootloader: {resetType: hard-reset}}\n";
  const std::string top = std::string(kTop) + "storage: {resetPartitionsUuidsType: reset-all}\n";
  EXPECT_EQ(findings_of({{"/r/base.yaml", base}, {"/r/top.yaml", top}}), "");
  EXPECT_THAT(findings_of({{"/r/base.yaml", "os:\n"}, {"/r/top.yaml", top}}),
              HasSubstr("needs 'os.bootloader.resetType'"));
}

TEST(Chain, CyclesAreRefused) {
  EXPECT_THAT(findings_of({{"/r/top.yaml", "baseConfigs:\n- path: ./top.yaml\n"}}),
              HasSubstr("/r/top.yaml:2:9: error: './top.yaml' builds on itself"));
  EXPECT_THAT(findings_of({{"/r/base.yaml", "baseConfigs: [{path: ../r/top.yaml}]\n"}, {"/r/top.yaml", kTop}}),
              HasSubstr("/r/base.yaml:1:22: error: '../r/top.yaml' builds on itself"));
}

TEST(Chain, DepthIsBounded) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 40; ++i) {
    files["/r/" + std::to_string(i) + ".yaml"] = "baseConfigs: [{path: " + std::to_string(i + 1) + ".yaml}]\n";
  }
  files["/r/top.yaml"] = "baseConfigs: [{path: 0.yaml}]\n";
  EXPECT_THAT(findings_of(files), HasSubstr("over more than 16 steps"));
}

TEST(Chain, AMissingBaseIsAFindingWhereItIsNamed) {
  EXPECT_THAT(findings_of({{"/r/top.yaml", kTop}}),
              HasSubstr("/r/top.yaml:2:22: error: cannot read '/r/base.yaml': no such file"));
}

TEST(Chain, PreviewFeaturesCountInTheirOwnFile) {
  ReadOptions options{.missing_preview_is_error = true};
  options.read_text = [](const std::filesystem::path&) { return std::string("os: {uki: {mode: create}}\n"); };
  const auto findings =
      parse_recipe("previewFeatures: [base-configs, uki]\nbaseConfigs: [{path: b.yaml}]\n", "t.yaml", "/r", options)
          .findings;
  EXPECT_THAT(render_findings("t.yaml", findings), HasSubstr("/r/b.yaml:1:6: error: 'os.uki' is a preview feature"));
}

TEST(Chain, PathsInABaseStartFromItsOwnFolder) {
  const TempDir folder("recipe-test");
  std::filesystem::create_directory(folder.path() / "sub");
  write_file(
      folder.path() / "sub/base.yaml",
      "os:\n  packages: {installLists: [list.yaml]}\n  additionalFiles: [{source: motd, destination: /etc/motd}]\n");
  write_file(folder.path() / "sub/list.yaml", "packages: [tree]\n");
  write_file(folder.path() / "sub/motd", "hello\n");
  write_file(folder.path() / "top.yaml", "previewFeatures: [base-configs]\nbaseConfigs: [{path: sub/base.yaml}]\n");
  const Recipe recipe = require_recipe(folder.path() / "top.yaml");
  EXPECT_THAT(recipe.os.packages.install, ElementsAre("tree"));
  EXPECT_EQ(recipe.os.additional_files.at(0).source, folder.path() / "sub/motd");
}

TEST(Chain, ABaseThatIsNoRegularFileIsRefused) {
  const TempDir folder("recipe-test");
  write_file(folder.path() / "top.yaml", "baseConfigs: [{path: /dev/zero}]\n");
  EXPECT_THROW(require_recipe(folder.path() / "top.yaml"), Error);
}

}  // namespace
}  // namespace keelson::recipe
