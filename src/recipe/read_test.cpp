#include "recipe/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::recipe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ReadResult parse(std::string_view text, const std::filesystem::path& folder = "/nonexistent") {
  return parse_recipe(text, "test.yaml", folder);
}

/// What a person would see.
std::string findings_of(std::string_view text, const std::filesystem::path& folder = "/nonexistent") {
  return render_findings("test.yaml", parse(text, folder).findings);
}

constexpr std::string_view kWhole = R"(distribution:
  family: debian
  release: trixie
  updates: no
  components: [main, contrib]
  architecture: arm64
  kernel: generic
os:
  hostname: container-host
  kernelCommandLine:
    extraCommandLine: [quiet, console=ttyS0]
  packages:
    install: [containerd, runc=1.1.15-1]
  additionalFiles:
  - content: |
      hello
    destination: /etc/motd
    permissions: 600
  groups:
  - {name: operators, gid: 900}
  users:
  - name: admin
    uid: 0x3e9
    password: {type: hashed, value: $6$salt$hash}
    passwordExpiresDays: -1
    sshPublicKeys: [ssh-ed25519 AAAA admin]
    secondaryGroups: [operators]
    startupCommand: /bin/bash
  services:
    enable: [containerd]
    disable: [ssh]
  modules:
  - name: br_netfilter
    loadMode: always
  - {name: nf_conntrack, options: {hashsize: 65536, x: Y}}
output:
  image: {path: out/disk.raw, format: raw}
previewFeatures: [uki]
)";

TEST(ReadRecipe, EveryValueOfAGoodRecipeArrives) {
  const auto [recipe, findings] = parse(kWhole, "/base/folder");
  EXPECT_EQ(render_findings("test.yaml", findings), "");
  EXPECT_EQ(recipe.name, "test");
  EXPECT_EQ(recipe.distribution.release, "trixie");
  EXPECT_EQ(recipe.distribution.mirror, "host");
  EXPECT_FALSE(recipe.distribution.updates);
  EXPECT_TRUE(recipe.distribution.security);
  EXPECT_THAT(recipe.distribution.components, ElementsAre("main", "contrib"));
  EXPECT_EQ(recipe.distribution.architecture, "arm64");
  EXPECT_EQ(recipe.distribution.kernel, "generic");
  EXPECT_EQ(recipe.os.hostname, "container-host");
  EXPECT_THAT(recipe.os.extra_kernel_command_line, ElementsAre("quiet", "console=ttyS0"));
  EXPECT_THAT(recipe.os.packages.install, ElementsAre("containerd", "runc=1.1.15-1"));
  ASSERT_EQ(recipe.os.additional_files.size(), 1U);
  EXPECT_EQ(recipe.os.additional_files[0].content, "hello\n");
  EXPECT_EQ(recipe.os.additional_files[0].permissions, 0600U);
  EXPECT_EQ(recipe.os.groups.at(0).gid, 900U);
  const User& user = recipe.os.users.at(0);
  EXPECT_EQ(user.uid, 1001U);
  EXPECT_EQ(user.password->type, PasswordType::Hashed);
  EXPECT_EQ(user.password_expires_days, -1);
  EXPECT_THAT(user.ssh_public_keys, ElementsAre("ssh-ed25519 AAAA admin"));
  EXPECT_THAT(recipe.os.services.enable, ElementsAre("containerd"));
  EXPECT_EQ(recipe.os.modules.at(0).load_mode, ModuleLoadMode::Always);
  EXPECT_EQ(recipe.os.modules.at(1).options.at("hashsize"), "65536");
  EXPECT_FALSE(recipe.storage.has_value());
  EXPECT_EQ(recipe.output.path, "/base/folder/out/disk.raw");
  EXPECT_EQ(recipe.output.format, "raw");
  EXPECT_THAT(recipe.preview_features, ElementsAre("uki"));
}

TEST(ReadRecipe, JsonIsARecipeToo) {
  const auto [recipe, findings] = parse(R"({"os": {"hostname": "json-host", "users": [{"name": "a", "uid": 5}]}})");
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(recipe.os.hostname, "json-host");
  EXPECT_EQ(recipe.os.users.at(0).uid, 5U);
}

TEST(ReadRecipe, AnUnknownKeyIsReportedWithItsPlaceAndTheLikelyOne) {
  EXPECT_EQ(findings_of("os:\n  hostnam: a\n"),
            "test.yaml:2:3: error: unknown key 'hostnam' in 'os'\n  hint: did you mean 'hostname'?\n");
}

TEST(ReadRecipe, AKeyAtTheWrongPlaceIsToldWhereItBelongs) {
  EXPECT_EQ(findings_of("hostname: a\n"),
            "test.yaml:1:1: error: unknown key 'hostname' at the top of the file\n  hint: the key belongs at "
            "'os.hostname'\n");
}

TEST(ReadRecipe, AllMistakesAreReportedAtOnceInTheOrderOfTheLines) {
  EXPECT_EQ(findings_of(R"(os:
  users:
  - uid: "7"
    nmae: a
  groups: wheel
  hostname: -bad-
  hostname: twice
  modules:
  - {name: a b, loadMode: alway}
)"),
            R"(test.yaml:3:5: error: 'os.users[0]' needs 'name'
  hint: for example: name: admin
test.yaml:3:10: error: 'os.users[0].uid' must be a whole number, not '7'
  hint: remove the quotes
test.yaml:4:5: error: unknown key 'nmae' in 'os.users[0]'
  hint: did you mean 'name'?
test.yaml:5:11: error: 'os.groups' must be a list, not 'wheel'
  hint: put '- ' before it
test.yaml:6:13: error: 'os.hostname' must be a host name, not '-bad-'
  hint: letters, digits and hyphens, in labels joined by dots; at most 64 characters
test.yaml:7:3: error: duplicate key 'hostname': it was given on line 6
  hint: merge the two, or remove one
test.yaml:9:12: error: 'os.modules[0].name' must be a kernel module's name, not 'a b'
  hint: letters, digits, '_', '.' and '-'
test.yaml:9:27: error: 'os.modules[0].loadMode' must be always, auto, disable or inherit, not 'alway'
  hint: did you mean 'always'?
)");
}

TEST(ReadRecipe, WhatThisVersionCantDoIsSaidOnceAndNeverIgnored) {
  EXPECT_EQ(findings_of("os:\n  firewall:\n    incoming: drop\n"),
            "test.yaml:2:3: error: 'os.firewall' is not supported yet\n");
  EXPECT_EQ(findings_of("output: {image: {format: cosi}}\n"),
            "test.yaml:1:26: error: 'cosi' in 'output.image.format' is not supported yet\n");
  EXPECT_EQ(findings_of("os:\n  packages:\n    remove:\n  firewall:\n"), "");
}

TEST(ReadRecipe, AGatedKeyWithoutItsGateIsAWarning) {
  const auto findings = parse("os: {uki: {mode: create}}\n").findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::Warning);
  EXPECT_EQ(findings[0].hint, "add 'uki' to previewFeatures");
  EXPECT_THAT(parse("previewFeatures: [uki]\nos: {uki: {mode: create}}\n").findings, IsEmpty());
}

TEST(ReadRecipe, AnUnknownPreviewFeatureIsAnError) {
  EXPECT_THAT(findings_of("previewFeatures: [base-config]\n"), HasSubstr("did you mean 'base-configs'?"));
}

TEST(ReadRecipe, AnEmptyRecipeIsAnError) {
  EXPECT_EQ(findings_of(""), "test.yaml: error: the recipe is empty\n");
  EXPECT_EQ(findings_of("# nothing\n"), "test.yaml: error: the recipe is empty\n");
  EXPECT_EQ(findings_of("os:\n"), "");
}

TEST(ReadRecipe, AFileTakesExactlyOneOfSourceAndContent) {
  EXPECT_THAT(findings_of("os:\n  additionalFiles:\n  - destination: /a\n"),
              HasSubstr("test.yaml:3:5: error: 'os.additionalFiles[0]' needs 'source' or 'content'"));
  EXPECT_THAT(findings_of("os:\n  additionalFiles:\n  - {destination: /a, content: '', source: x}\n"),
              HasSubstr("has both 'source' and 'content'"));
  EXPECT_EQ(findings_of("os:\n  additionalFiles:\n  - {destination: /a, content: ''}\n"), "");
}

TEST(ReadRecipe, DestinationsAreAbsoluteAndStayInside) {
  EXPECT_THAT(findings_of("os: {additionalFiles: [{destination: etc/a, content: x}]}\n"),
              HasSubstr("an absolute path"));
  EXPECT_THAT(findings_of("os: {additionalFiles: [{destination: /a/../b, content: x}]}\n"), HasSubstr("'..'"));
  EXPECT_THAT(findings_of("os: {additionalFiles: [{destination: /a/, content: x}]}\n"), HasSubstr("not a folder"));
}

TEST(ReadRecipe, PermissionsAreOctalAndAtMost0777) {
  const auto mode = [](const std::string& text) {
    return findings_of("os: {additionalFiles: [{destination: /a, content: x, permissions: " + text + "}]}\n");
  };
  EXPECT_EQ(mode("0755"), "");
  EXPECT_EQ(mode("\"644\""), "");
  EXPECT_THAT(mode("1777"), HasSubstr("octal"));
  EXPECT_THAT(mode("888"), HasSubstr("octal"));
  EXPECT_THAT(mode("rw"), HasSubstr("octal"));
}

TEST(ReadRecipe, APasswordFitsItsType) {
  const auto password = [](const std::string& text) {
    return findings_of("os: {users: [{name: a, password: {" + text + "}}]}\n");
  };
  EXPECT_EQ(password("type: locked"), "");
  EXPECT_EQ(password("type: plain-text, value: secret"), "");
  EXPECT_THAT(password("type: locked, value: x"), HasSubstr("a locked password has no value"));
  EXPECT_THAT(password("type: hashed"), HasSubstr("needs 'os.users[0].password.value'"));
  EXPECT_THAT(password("type: hashed-file, value: gone"), HasSubstr("does not exist"));
  EXPECT_THAT(password("value: x"), HasSubstr("needs 'type'"));
  const std::string wrong = password("type: hashed, value: hunter2");
  EXPECT_THAT(wrong, HasSubstr("warning: 'os.users[0].password.value' is no password hash"));
  EXPECT_THAT(wrong, testing::Not(HasSubstr("hunter2")));  // it may be a real password
}

TEST(ReadRecipe, NamesAndNumbersAreGivenOnce) {
  EXPECT_THAT(findings_of("os: {users: [{name: a}, {name: a}]}\n"), HasSubstr("warning: user 'a' is given twice"));
  EXPECT_THAT(findings_of("os: {groups: [{name: a, gid: 7}, {name: b, gid: 7}]}\n"), HasSubstr("gid 7 is given twice"));
  EXPECT_THAT(findings_of("os: {groups: [{name: a, gid: 60001}]}\n"), HasSubstr("between 0 and 60000"));
  EXPECT_THAT(findings_of("os: {modules: [{name: a-b}, {name: a_b}]}\n"), HasSubstr("module 'a_b' is given twice"));
}

TEST(ReadRecipe, ADisabledModuleHasNoOptions) {
  EXPECT_THAT(findings_of("os: {modules: [{name: a, loadMode: disable, options: {x: 1}}]}\n"),
              HasSubstr("error: 'os.modules[0].options' can't stand beside 'os.modules[0].loadMode: disable'"));
}

TEST(ReadRecipe, AUnitBothEnabledAndDisabledIsAWarning) {
  const auto findings = parse("os: {services: {enable: [a], disable: [a]}}\n").findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::Warning);
}

TEST(ReadRecipe, DebianPackageNamesFollowDebiansRules) {
  EXPECT_THAT(findings_of("distribution: {family: debian, release: trixie}\nos: {packages: {install: [Kernel]}}\n"),
              HasSubstr("test.yaml:2:27: error: 'os.packages.install[0]' is no Debian package name: 'Kernel'"));
  EXPECT_EQ(findings_of("os: {packages: {install: [kernel-6.18.5-1.8.azl4]}}\n"), "");
}

TEST(ReadRecipe, ListsAndKeysAreReadFromBesideTheRecipe) {
  const TempDir folder("recipe-test");
  write_file(folder.path() / "list.yaml", "packages: [nano, tree]\n");
  write_file(folder.path() / "bad.yaml", "packages:\n- nano\npakages: []\n");
  write_file(folder.path() / "key.pub", "# mine\nssh-ed25519 AAAA me\n\n");
  const auto good = parse(R"(os:
  packages: {installLists: [list.yaml], install: [curl]}
  users: [{name: a, sshPublicKeyPaths: [key.pub], sshPublicKeys: [ssh-rsa B]}]
)",
                          folder.path());
  EXPECT_THAT(good.findings, IsEmpty());
  EXPECT_THAT(good.recipe.os.packages.install, ElementsAre("nano", "tree", "curl"));
  EXPECT_THAT(good.recipe.os.users.at(0).ssh_public_keys, ElementsAre("ssh-ed25519 AAAA me", "ssh-rsa B"));
  const std::string bad =
      findings_of("os: {packages: {installLists: [bad.yaml, gone.yaml, /dev/zero]}}", folder.path());
  EXPECT_THAT(bad, HasSubstr((folder.path() / "bad.yaml").string() + ":3:1: error: unknown key 'pakages'"));
  EXPECT_THAT(bad, HasSubstr("does not exist: 'gone.yaml'"));
  EXPECT_THAT(bad, HasSubstr("must name a regular file"));
}

TEST(ReadRecipe, AFileOnDiskIsReadWithItsFolderAsTheBase) {
  const TempDir folder("recipe-test");
  write_file(folder.path() / "mine.yaml", "os:\n  hostname: a\noutput: {image: {path: x.raw}}\n");
  const Recipe recipe = require_recipe(folder.path() / "mine.yaml");
  EXPECT_EQ(recipe.name, "mine");
  EXPECT_EQ(recipe.output.path, folder.path() / "x.raw");
  EXPECT_THROW(check_has_distribution(recipe), Error);
}

TEST(ReadRecipe, ARecipeInTheCurrentFolderMayNameAScript) {
  const auto result =
      parse_recipe("scripts: {postCustomization: [{path: no-such.sh}, {path: ../b.sh}]}\n", "recipe.yaml", "");
  const std::string text = render_findings("recipe.yaml", result.findings);
  EXPECT_THAT(text, HasSubstr("must lie below the recipe's folder: '../b.sh'"));
  EXPECT_EQ(text.find("folder: 'no-such.sh'"), std::string::npos) << text;
  EXPECT_EQ(text.find("does not exist: '../b.sh'"), std::string::npos) << text;  // one finding for one mistake
}

TEST(ReadRecipe, RequireThrowsOneErrorWithAllFindings) {
  const TempDir folder("recipe-test");
  const auto file = folder.path() / "bad.yaml";
  write_file(file, "os:\n  hostnam: a\n  user: []\n");
  try {
    require_recipe(file);
    FAIL() << "the recipe was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(error.message(), HasSubstr("bad.yaml:2:3: error: unknown key 'hostnam'"));
    EXPECT_THAT(error.message(), HasSubstr("bad.yaml:3:3: error: unknown key 'user'"));
  }
  EXPECT_THROW(require_recipe(folder.path() / "gone.yaml"), Error);
}

TEST(ReadRecipe, FindingsAreAvailableToPrograms) {
  const std::string json = findings_json("test.yaml", parse("os:\n  hostnam: a\n").findings);
  EXPECT_THAT(json, HasSubstr(R"("path": "os.hostnam")"));
  EXPECT_THAT(json, HasSubstr(R"("line": 2)"));
}

TEST(ReadRecipe, AFloodOfMistakesIsCut) {
  std::string text = "os:\n";
  for (int i = 0; i < 5000; ++i) text += "  k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(parse(text).findings.size(), Findings::kLimit + 1);
}

TEST(ReadRecipe, AFolderIsWhatItsDigestsSay) {
  const TempDir folder("recipe-test");
  std::filesystem::create_directories(folder.path() / "files/sub");
  write_file(folder.path() / "files/a", "content");
  write_file(folder.path() / "files/sub/b", "content");
  std::filesystem::create_symlink("a", folder.path() / "files/link");
  const std::string right = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
  const std::string wrong(64, 'a');
  using Digests = std::vector<std::pair<std::string, std::string>>;
  const auto messages = [&](const Digests& digests) {
    std::string text = "os:\n  additionalDirs:\n  - source: files\n    destination: /etc\n    sha256hashmap:\n";
    for (const auto& [name, digest] : digests) text += "      " + name + ": " + digest + "\n";
    std::vector<std::string> all;
    for (const auto& finding : parse_recipe(text, "f", folder.path()).findings)
      all.push_back(std::to_string(finding.line) + ": " + finding.message);
    return all;
  };
  EXPECT_THAT(messages({}), testing::IsEmpty());
  EXPECT_THAT(messages({{"a", right}, {"sub/b", right}}), testing::IsEmpty());
  std::string upper = right;
  std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
  EXPECT_THAT(messages({{"./a", upper}, {"sub//b", right}, {"link", right}}), testing::IsEmpty());
  EXPECT_THAT(messages({{"a", wrong}, {"sub/b", right}, {"link", wrong}}),
              testing::ElementsAre("6: 'os.additionalDirs[0].sha256hashmap.a' is not the digest of what it stands with",
                                   "8: 'os.additionalDirs[0].sha256hashmap.link' is not the digest of what it stands "
                                   "with"));
  EXPECT_THAT(messages({{"a", right}}),
              testing::ElementsAre("5: 'os.additionalDirs[0].sha256hashmap' has no digest of the folder's file "
                                   "'sub/b'"));
  EXPECT_THAT(messages({{"a", right}, {"sub/b", right}, {"gone", right}}),
              testing::ElementsAre("8: 'os.additionalDirs[0].sha256hashmap.gone' names no file of the folder"));
}

TEST(ReadRecipe, AnotherContentThanItsDigestSaysIsAFinding) {
  const TempDir folder("recipe-test");
  write_file(folder.path() / "file", "content");
  const std::string right = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
  const auto findings = [&](const std::string& digest) {
    const std::string text = "os: {additionalFiles: [{source: file, destination: /etc/a, sha256hash: " + digest +
                             "}]}\nscripts: {postCustomization: [{content: content, sha256hash: " + digest + "}]}\n";
    std::size_t count = 0;
    for (const auto& finding : parse_recipe(text, "f", folder.path(), {.unsupported_is_error = false}).findings)
      count += finding.message.find("is not the digest") != std::string::npos ? 1 : 0;
    return count;
  };
  EXPECT_EQ(findings(right), 0u);
  EXPECT_EQ(findings(std::string(64, 'a')), 2u);
}

}  // namespace
}  // namespace keelson::recipe
