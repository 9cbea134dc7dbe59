#include "packages/deb/change/resolve_change.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "packages/deb/change/marks.h"
#include "packages/deb/change/suites_for.h"
#include "packages/deb/resolve/test_indices.h"

namespace keelson::deb {
namespace {

using testing::Archive;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Warnings final : public Reporter {
 public:
  StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
  void advance(StepId, std::uint64_t) override {}
  void end(StepId, std::string_view) override {}
  void detail(std::string_view) override {}
  void warn(std::string_view text) override { all.emplace_back(text); }
  std::vector<std::string> all;
};

/// A system in dpkg's words, from the same short text as the indices.
InstalledSystem system_of(std::string_view lines) {
  std::string text = testing::packages_text(fmt::format("dpkg 1.22\nEssential: yes\n{}", lines));
  std::string status;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("Filename:") || line.starts_with("Size:") || line.starts_with("SHA256:")) continue;
    status += fmt::format("{}\n", line);
    if (line.starts_with("Package: "))
      status += text.find(fmt::format("{}\nVersion: 0held", line)) != std::string::npos
                    ? "Status: hold ok installed\n"
                    : "Status: install ok installed\n";
  }
  return {status, ""};
}

class ResolveChange : public ::testing::Test {
 protected:
  PackageChange change(std::string_view installed, const ChangeGoal& goal) {
    warnings_.all.clear();
    return resolve_change(system_of(installed), archive_.indices(), goal, {.cache_folder = archive_.cache()},
                          warnings_);
  }
  // "name version" in unpack order, then "-name".
  std::vector<std::string> outcome(std::string_view installed, const ChangeGoal& goal) {
    const PackageChange result = change(installed, goal);
    std::vector<std::string> list;
    for (const auto& package : result.install) list.push_back(package.name + " " + package.version);
    for (const auto& name : result.remove) list.push_back("-" + name);
    return list;
  }
  std::string problem(std::string_view installed, const ChangeGoal& goal) {
    try {
      change(installed, goal);
    } catch (const Error& error) {
      return error.message() + (error.hint().empty() ? "" : " | " + error.hint());
    }
    return "no error";
  }

  Archive archive_;
  Warnings warnings_;
};

TEST_F(ResolveChange, InstallsWhatIsMissingAndLeavesTheRestAlone) {
  archive_.add("trixie", "app 2\nDepends: lib (>= 1), tool\nlib 3\ntool 1\nPre-Depends: base\nbase 1\nbystander 9");
  EXPECT_THAT(outcome("lib 2\nbystander 1", {.install = {"app"}}), ElementsAre("base 1", "tool 1", "app 2"));
  EXPECT_THAT(outcome("lib 2\nbystander 1", {.install = {"lib=2"}}), IsEmpty());
}

TEST_F(ResolveChange, RenewsOnlyWhatANewPackageNeedsNewer) {
  archive_.add("trixie", "app 2\nDepends: lib (>= 3)\nlib 3\nuser 2\nDepends: lib (= 3)\nbystander 9");
  EXPECT_THAT(outcome("lib 2\nuser 1\nDepends: lib (= 2)\nbystander 1", {.install = {"app"}}),
              ElementsAre("lib 3", "app 2", "user 2"));
}

TEST_F(ResolveChange, WhatIsThereCountsBeforeTheFirstAlternative) {
  archive_.add("trixie", "app 1\nDepends: first | second\nfirst 1\nsecond 1\nzzz 1\naaa 1\nlist 1\nDepends: zzz | aaa");
  EXPECT_THAT(outcome("second 1", {.install = {"app"}}), ElementsAre("app 1"));
  EXPECT_THAT(outcome("", {.install = {"list"}}), ElementsAre("zzz 1", "list 1"));
}

TEST_F(ResolveChange, RemovingTakesAlongWhatNeedsItAndWarns) {
  EXPECT_THAT(outcome("a 1\nb 1\nDepends: a\nc 1\nDepends: b | d\nd 1\ne 1\nDepends: b", {.remove = {"a", "nothing"}}),
              ElementsAre("-a", "-b", "-e"));
  EXPECT_THAT(warnings_.all, ElementsAre(HasSubstr("'nothing' is not installed"), HasSubstr("b and e")));
}

TEST_F(ResolveChange, AProviderThatStaysKeepsWhatNeedsTheName) {
  EXPECT_THAT(outcome("a 1\nProvides: mta\nb 1\nProvides: mta\nmail 1\nDepends: mta", {.remove = {"a"}}),
              ElementsAre("-a"));
  EXPECT_THAT(outcome("a 1\nProvides: mta\nb 1\nProvides: mta\nmail 1\nDepends: mta", {.remove = {"a", "b"}}),
              ElementsAre("-a", "-b", "-mail"));
}

TEST_F(ResolveChange, ANeedThatWasNotMetBeforeRemovesNothing) {
  EXPECT_THAT(outcome("a 1\nbroken 1\nDepends: a, absent", {.remove = {"dash"}}), IsEmpty());
  EXPECT_THAT(outcome("a 1\nb 1\nbroken 1\nDepends: a | b, absent", {.remove = {"a"}}), ElementsAre("-a"));
}

TEST_F(ResolveChange, EssentialPackagesAreNotRemoved) {
  EXPECT_EQ(problem("libc 1\nbash 5\nEssential: yes\nDepends: tinfo\ntinfo 1\nDepends: libc", {.remove = {"libc"}}),
            "cannot remove 'libc': bash needs tinfo, and tinfo needs libc, and bash is essential | a system does not "
            "work without its essential packages");
  EXPECT_THAT(problem("", {.remove = {"dpkg"}}), HasSubstr("cannot remove 'dpkg': dpkg is essential"));
}

TEST_F(ResolveChange, UpdatesEverythingButRemovesNothingForIt) {
  archive_.add("trixie", "lib 2\napp 2\nDepends: lib (>= 2), new\nnew 1\nodd 2\nConflicts: plain\nplain 1\nold 1");
  EXPECT_THAT(outcome("lib 1\napp 1\nDepends: lib\nodd 1\nplain 1\nold 3", {.update_all = true}),
              ElementsAre("lib 2", "new 1", "app 2"));
  EXPECT_THAT(warnings_.all, ElementsAre(HasSubstr("odd")));
}

TEST_F(ResolveChange, AHeldPackageIsNotUpdatedWithTheRest) {
  archive_.add("trixie", "lib 2\nkept 2");
  EXPECT_THAT(outcome("lib 1\nkept 0held1", {.update_all = true}), ElementsAre("lib 2"));
}

TEST_F(ResolveChange, UpdatesANamedPackageWithWhatItNeeds) {
  archive_.add("trixie", "lib 2\napp 2\nDepends: lib (>= 2)\nother 2");
  EXPECT_THAT(outcome("lib 1\napp 1\nother 1", {.update = {"app"}}), ElementsAre("lib 2", "app 2"));
  EXPECT_THAT(problem("lib 1", {.update = {"libb"}}),
              HasSubstr("cannot update 'libb': it is not installed | did you mean 'lib'?"));
}

TEST_F(ResolveChange, WhatConflictsWithAWantedPackageGoesWithAWarning) {
  archive_.add("trixie", "postfix 1\nProvides: mta\nConflicts: mta\nexim 1\nProvides: mta\nConflicts: mta");
  EXPECT_THAT(outcome("exim 1\nProvides: mta\nConflicts: mta\nmail 1\nDepends: mta", {.install = {"postfix"}}),
              ElementsAre("postfix 1", "-exim"));
  EXPECT_THAT(warnings_.all, ElementsAre(HasSubstr("these are removed: exim")));
}

TEST_F(ResolveChange, NothingEssentialGoesForAWantedPackage) {
  archive_.add("trixie", "shell 1\nConflicts: bash");
  EXPECT_EQ(problem("bash 5\nEssential: yes", {.install = {"shell"}}),
            "cannot install 'shell': shell conflicts with bash, which is essential");
}

TEST_F(ResolveChange, NamesThatMeanNothingAreSaidAtOnce) {
  archive_.add("trixie", "nginx 1\napp 1\nDepends: absent");
  EXPECT_THAT(problem("", {.install = {"ngnix", "zzzzzzzz"}}), HasSubstr("did you mean 'nginx' instead of 'ngnix'?"));
  EXPECT_THAT(problem("", {.install = {"app"}}), HasSubstr("app needs absent, but there is no package absent"));
}

TEST_F(ResolveChange, NothingBecomesOlderUnlessItIsRemovedFirst) {
  archive_.add("trixie", "app 1");
  EXPECT_THAT(outcome("app 2", {.install = {"app"}}), IsEmpty());
  EXPECT_THAT(problem("app 2", {.install = {"app=1"}}), HasSubstr("the image has the newer 2"));
  EXPECT_THAT(outcome("app 2", {.remove = {"app"}, .install = {"app=1"}}), ElementsAre("app 1", "-app"));
}

TEST_F(ResolveChange, WhatPreDependsOnNewOnesIsUnpackedAfterTheyAreConfigured) {
  archive_.add("trixie", "app 1\nPre-Depends: lib (>= 2), there\nlib 2\nDepends: data\ndata 1\nthere 2");
  const auto result = change("lib 1\nthere 1", {.install = {"app"}});
  EXPECT_THAT(result.configure_before.at("app"), ElementsAre("data", "lib"));
  EXPECT_EQ(result.old_versions.at("lib"), "1");
  EXPECT_TRUE(result.install.back().requested);
  EXPECT_THAT(lock_of(result, {.install = {"app"}}).requested, ElementsAre("app"));
}

TEST_F(ResolveChange, MarksWhatNobodyAskedFor) {
  archive_.add("trixie", "app 1\nDepends: lib\nlib 1");
  const auto result = change("old 1\nkept 1", {.remove = {"old"}, .install = {"app"}});
  EXPECT_EQ(changed_marks("Package: kept\nArchitecture: amd64\nAuto-Installed: 1\n\n"
                          "Package: old\nArchitecture: amd64\nAuto-Installed: 1\n\n"
                          "Package: app\nArchitecture: amd64\nAuto-Installed: 1\n",
                          result),
            "Package: kept\nArchitecture: amd64\nAuto-Installed: 1\n\n"
            "Package: lib\nArchitecture: amd64\nAuto-Installed: 1\n\n");
}

TEST(SuitesFor, TheRecipeSaysThenTheImageThenAnError) {
  const HostAptConfiguration host{
      .sources = {
          {.uris = {"http://mirror.invalid/debian"}, .suites = {"bookworm"}, .components = {"main"}, .signed_by = ""},
          {.uris = {"http://mirror.invalid/security"},
           .suites = {"bookworm-security"},
           .components = {"main"},
           .signed_by = ""}}};
  EXPECT_EQ(suites_for({"debian", "trixie"}, {}, host).at(2).suite, "trixie-security");
  recipe::Distribution named;
  named.release = "forky";
  EXPECT_EQ(suites_for({"ubuntu", "noble"}, named, host).at(0).suite, "forky");
  try {
    suites_for({"ubuntu", "noble"}, {}, host);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("cannot find packages for 'ubuntu'"));
    EXPECT_THAT(error.hint(), HasSubstr("release noble"));
  }
  EXPECT_THROW(suites_for({"debian", ""}, {}, host), Error);
}

}  // namespace
}  // namespace keelson::deb
