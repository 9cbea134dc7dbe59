#include "packages/deb/resolve/resolve.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "packages/deb/resolve/test_indices.h"

namespace keelson::deb {
namespace {

using ::testing::ElementsAre;

using testing::Archive;

Lock resolve_with(const Archive& archive, const Goal& goal) {
  SilentReporter reporter;
  return resolve(archive.indices(), goal, {.cache_folder = archive.cache()}, reporter);
}

std::vector<std::string> names_of(const Lock& lock) {
  std::vector<std::string> names;
  for (const auto& package : lock.packages) names.push_back(package.name);
  return names;
}

std::vector<std::string> names(const Archive& archive, std::vector<std::string> install) {
  return names_of(resolve_with(archive, {.install = std::move(install), .architecture = "amd64"}));
}

std::string version_of(const Lock& lock, std::string_view name) {
  for (const auto& package : lock.packages) {
    if (package.name == name) return package.version;
  }
  return "absent";
}

TEST(Resolve, TakesWhatIsNeededAndNothingElse) {
  Archive archive;
  archive.add("trixie",
              "app 1\nDepends: lib (>= 1), tool\nRecommends: extra\nlib 2\nPre-Depends: base\nbase 1\ntool 1\nextra "
              "1\nother 1");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("app", "base", "lib", "tool"));
  const Goal generous{.install = {"app"}, .architecture = "amd64", .recommends = true};
  EXPECT_THAT(names_of(resolve_with(archive, generous)), ElementsAre("app", "base", "extra", "lib", "tool"));
}

TEST(Resolve, TheLockSaysWhereEachPackageIsAndWhyItIsIn) {
  Archive archive;
  archive.add("trixie", "bash 5\nEssential: yes\nSource: shells (5.0)\napp 1\nDepends: lib")
      .add("trixie-security", "lib 2");
  const Lock lock = resolve_with(archive, {.install = {"app"}, .architecture = "amd64"});
  ASSERT_THAT(names_of(lock), ElementsAre("app", "bash", "lib"));
  EXPECT_THAT(lock.requested, ElementsAre("app"));
  EXPECT_TRUE(lock.packages[0].requested);
  EXPECT_FALSE(lock.packages[0].essential);
  EXPECT_TRUE(lock.packages[1].essential);
  EXPECT_FALSE(lock.packages[1].requested);
  EXPECT_EQ(lock.packages[1].source, "shells");
  EXPECT_EQ(lock.packages[1].source_version, "5.0");
  EXPECT_EQ(lock.packages[2].url, "http://trixie-security.invalid/debian/pool/lib_2.deb");
  EXPECT_EQ(lock.packages[2].source, "lib");
  EXPECT_EQ(lock.packages[2].size.value, 1000u);
  EXPECT_EQ(lock.packages[2].sha256, sha256("lib 2"));
}

TEST(Resolve, TheFirstAlternativeIsPreferredWhereverItStandsInTheIndex) {
  Archive archive;
  archive.add(
      "trixie",
      "aaa 1\nmmm 1\nzzz 1\none 1\nDepends: zzz | aaa\ntwo 1\nDepends: aaa | zzz\nthree 1\nDepends: gone | mmm");
  EXPECT_THAT(names(archive, {"one"}), ElementsAre("one", "zzz"));
  EXPECT_THAT(names(archive, {"two"}), ElementsAre("aaa", "two"));
  EXPECT_THAT(names(archive, {"three"}), ElementsAre("mmm", "three"));
  // What is in anyway satisfies the rest.
  EXPECT_THAT(names(archive, {"one", "aaa"}), ElementsAre("aaa", "one"));
}

TEST(Resolve, TheFirstAlternativeIsPreferredEvenWhenItNeedsTheSecond) {
  Archive archive;
  archive.add("trixie", "app 1\nDepends: zsuite | agent\nzsuite 1\nDepends: agent\nagent 1");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("agent", "app", "zsuite"));
}

TEST(Resolve, WhatIsInAnywaySettlesALaterChoice) {
  Archive archive;
  archive.add("trixie",
              "app 1\nDepends: zlogin | login\nother 1\nDepends: rotate\nrotate 1\nDepends: cron | init\n"
              "zlogin 1\nDepends: init\ninit 1\ncron 1\nlogin 1");
  EXPECT_THAT(names(archive, {"app", "other"}), ElementsAre("app", "init", "other", "rotate", "zlogin"));
}

TEST(Resolve, WhenTheFirstAlternativeCannotBeInstalledTheNextOneIs) {
  Archive archive;
  archive.add("trixie",
              "app 1\nDepends: first | second\nfirst 1\nDepends: gone\nsecond 1\nDepends: x | y\nx 1\nConflicts: "
              "app\ny 1\nDepends: q | p\np 1\nq 1");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("app", "q", "second", "y"));
}

TEST(Resolve, ARealPackageComesBeforeThoseThatProvideItsName) {
  Archive archive;
  archive.add("trixie",
              "app 1\nDepends: mta\naaa 1\nProvides: mta\nmta 1\nweb 1\nDepends: httpd\nlight 1\nProvides: "
              "httpd\nPriority: optional\nbig 1\nProvides: httpd\nPriority: extra");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("app", "mta"));
  EXPECT_THAT(names(archive, {"web"}), ElementsAre("light", "web"));
}

TEST(Resolve, AVersionTestIsPassedOnlyByAVersionedProvision) {
  Archive archive;
  archive.add(
      "trixie",
      "app 1\nDepends: api (>= 2)\nplain 1\nProvides: api\nold 1\nProvides: api (= 1)\nright 1\nProvides: api (= 3)");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("app", "right"));
}

TEST(Resolve, QualifiersMeanTheImagesArchitecture) {
  Archive archive;
  archive.add("trixie",
              "app 1\nDepends: py:any, lib:amd64\npy 3\nMulti-Arch: allowed\nlib 1\nbad 1\nDepends: lib:any\nworse "
              "1\nDepends: lib:i386");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("app", "lib", "py"));
  EXPECT_THROW(names(archive, {"bad"}), Error);
  EXPECT_THROW(names(archive, {"worse"}), Error);
}

TEST(Resolve, TheHighestVersionOfAllSuitesIsTakenUnlessTheGoalNamesOne) {
  Archive archive;
  archive.add("trixie", "app 1.9\nlib 1\n").add("trixie-security", "app 1.10\nDepends: lib");
  EXPECT_EQ(version_of(resolve_with(archive, {.install = {"app"}, .architecture = "amd64"}), "app"), "1.10");
  const Lock pinned = resolve_with(archive, {.install = {"app=1.9"}, .architecture = "amd64"});
  EXPECT_EQ(version_of(pinned, "app"), "1.9");
  EXPECT_THAT(names_of(pinned), ElementsAre("app"));
  EXPECT_TRUE(pinned.packages[0].requested);
}

TEST(Resolve, WhatTheCallerProvidesIsPreferredAndNotLocked) {
  Archive archive;
  archive.add(
      "trixie",
      "kernel 6\nDepends: mkinit (>= 1) | initrd-tool\nmkinit 2\nProvides: initrd-tool\nConflicts: initrd-tool");
  Goal goal{.install = {"kernel"}, .architecture = "amd64"};
  EXPECT_THAT(names_of(resolve_with(archive, goal)), ElementsAre("kernel", "mkinit"));
  goal.provided = {{"our-initrd", "1", {"initrd-tool"}}};
  EXPECT_THAT(names_of(resolve_with(archive, goal)), ElementsAre("kernel"));
  // It gives way to what is asked for.
  goal.install = {"kernel", "mkinit"};
  EXPECT_THAT(names_of(resolve_with(archive, goal)), ElementsAre("kernel", "mkinit"));
  goal.install = {"initrd-tool"};
  EXPECT_THROW(resolve_with(archive, goal), Error);  // ours and mkinit: two provide it
}

TEST(Resolve, ANameThatOnePackageProvidesMeansThatPackage) {
  Archive archive;
  archive.add("trixie", "exim 4\nProvides: mta");
  EXPECT_THAT(names(archive, {"mta"}), ElementsAre("exim"));
}

TEST(Resolve, TheSameGoalGivesTheSameLockFromEveryCache) {
  Archive archive;
  archive.add("trixie", "app 1\nDepends: lib\nlib 1");
  const Goal goal{.install = {"app"}, .architecture = "amd64"};
  const Lock cold = resolve_with(archive, goal);
  std::filesystem::remove_all(archive.cache() / "resolved");
  EXPECT_EQ(resolve_with(archive, goal), cold);
  // Now even the index is not needed.
  std::filesystem::remove(archive.indices()[0].packages_text);
  EXPECT_EQ(resolve_with(archive, goal), cold);
}

TEST(Resolve, DamagedCachesAreMadeAgain) {
  Archive archive;
  archive.add("trixie", "app 1\nDepends: lib\nlib 1");
  const Goal goal{.install = {"app"}, .architecture = "amd64"};
  const Lock cold = resolve_with(archive, goal);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(archive.cache())) {
    if (!entry.is_regular_file()) continue;
    std::string content = read_file(entry.path());
    content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    write_file(entry.path(), content);
  }
  EXPECT_EQ(resolve_with(archive, goal), cold);
}

TEST(Resolve, AnotherGoalOrIndexIsNotAnsweredFromTheCache) {
  Archive archive;
  archive.add("trixie", "app 1\nRecommends: lib\nlib 1");
  EXPECT_THAT(names(archive, {"app"}), ElementsAre("app"));
  EXPECT_THAT(names(archive, {"app", "lib"}), ElementsAre("app", "lib"));
  EXPECT_THAT(names_of(resolve_with(archive, {.install = {"app"}, .architecture = "amd64", .recommends = true})),
              ElementsAre("app", "lib"));
  archive.add("trixie-updates", "app 2");
  EXPECT_EQ(version_of(resolve_with(archive, {.install = {"app"}, .architecture = "amd64"}), "app"), "2");
}

TEST(Resolve, ACacheThatCannotBeWrittenOnlyCostsTime) {
  struct Listener final : Reporter {
    StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
    void advance(StepId, std::uint64_t) override {}
    void end(StepId, std::string_view) override {}
    void detail(std::string_view) override {}
    void warn(std::string_view text) override { warnings.emplace_back(text); }
    std::vector<std::string> warnings;
  } listener;
  Archive archive;
  archive.add("trixie", "app 1");
  write_file(archive.cache(), "a file where a folder should be");
  const Lock lock = resolve(archive.indices(), {.install = {"app"}, .architecture = "amd64"},
                            {.cache_folder = archive.cache()}, listener);
  EXPECT_THAT(names_of(lock), ElementsAre("app"));
  ASSERT_EQ(listener.warnings.size(), 1u);  // once, whatever could not be kept
  EXPECT_EQ(listener.warnings[0].rfind("the next resolution will be slower: cannot create '", 0), 0u);
}

TEST(Resolve, AFileNameThatLeavesTheArchiveIsRefused) {
  for (const std::string path : {"../etc/passwd", "/etc/passwd", "pool//x", "pool/a b", "pool/x?y"}) {
    Archive archive;
    archive.add_text("trixie", "Package: a\nVersion: 1\nArchitecture: all\nSize: 1\nSHA256: " + sha256("x").hex() +
                                   "\nFilename: " + path + "\n");
    EXPECT_THROW(names(archive, {"a"}), Error) << path;
  }
}

}  // namespace
}  // namespace keelson::deb
