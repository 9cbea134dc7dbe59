// Golden texts: what people read when a goal cannot be met.
#include "packages/deb/resolve/explain.h"

#include <gtest/gtest.h>

#include "packages/deb/resolve/resolve.h"
#include "packages/deb/resolve/test_indices.h"

namespace keelson::deb {
namespace {

using testing::Archive;

std::string refusal(const Archive& archive, std::vector<std::string> install) {
  SilentReporter reporter;
  try {
    resolve(archive.indices(), {.install = std::move(install), .architecture = "amd64"},
            {.cache_folder = archive.cache()}, reporter);
    return "no error";
  } catch (const Error& error) {
    return std::string(kind_name(error.kind())) + "\n" + render(error);
  }
}

TEST(Explain, AMissingPackageIsNamedWithTheLikelyOne) {
  Archive archive;
  archive.add("trixie", "containerd 1").add("trixie-security", "runc 1");
  EXPECT_EQ(refusal(archive, {"containred"}),
            "not-found\n"
            "error: cannot find package 'containred' in trixie, trixie-security: no such package\n"
            "hint: did you mean 'containerd'?\n");
}

TEST(Explain, AllMissingNamesAreReportedAtOnce) {
  Archive archive;
  archive.add("trixie", "containerd 1\nrunc 1\nexim 4\nProvides: mta\npostfix 3\nProvides: mta");
  EXPECT_EQ(refusal(archive, {"containred", "runc=2", "mta", "qqqqqqqqqqqqqqqq", "exim"}),
            "not-found\n"
            "error: cannot find 4 packages in trixie:\n"
            "  'containred': no such package\n"
            "  'runc=2': only runc 1 is available\n"
            "  'mta': several packages provide it\n"
            "  'qqqqqqqqqqqqqqqq': no such package\n"
            "hint: did you mean 'containerd' instead of 'containred'?; instead of 'mta', name one of them: 'exim' or "
            "'postfix'\n");
}

TEST(Explain, AVersionThatNobodyOffersIsNamed) {
  Archive archive;
  archive.add("trixie", "foo 1\nDepends: bar (>= 2)\nbar 1.4");
  EXPECT_EQ(refusal(archive, {"foo"}),
            "bad-input\n"
            "error: cannot install 'foo': foo needs bar (>= 2), but only bar 1.4 is available\n");
}

TEST(Explain, AChainIsToldFromItsBeginning) {
  Archive archive;
  archive.add("trixie",
              "containerd 1\nDepends: runc (>= 1.1)\nrunc 1.2\nDepends: libseccomp | libother (>= 3)\nlibother 2");
  EXPECT_EQ(refusal(archive, {"containerd"}),
            "bad-input\n"
            "error: cannot install 'containerd': containerd needs runc (>= 1.1), and runc needs libseccomp or libother "
            "(>= 3), "
            "but there is no package libseccomp and only libother 2 is available\n");
}

TEST(Explain, AConflictNamesBothSides) {
  Archive archive;
  archive.add("trixie", "a 1\nConflicts: b\nb 1");
  EXPECT_EQ(refusal(archive, {"a", "b"}),
            "bad-input\nerror: cannot install 'a' and 'b' together: a conflicts with b\n");
}

TEST(Explain, AConflictBetweenDependenciesTellsHowEachGotIn) {
  Archive archive;
  archive.add("trixie", "web 1\nDepends: old\nold 1\nBreaks: lib (<< 3)\nmail 1\nDepends: lib\nlib 2");
  EXPECT_EQ(refusal(archive, {"web", "mail"}),
            "bad-input\n"
            "error: cannot install 'mail' and 'web' together: web needs old, mail needs lib, and old conflicts with "
            "lib (<< 3) "
            "(it would be lib 2)\n");
}

TEST(Explain, AConflictThroughAVirtualNameSaysWhoProvidesIt) {
  Archive archive;
  archive.add("trixie", "exim 4\nProvides: mta\nConflicts: mta\npostfix 3\nProvides: mta");
  EXPECT_EQ(refusal(archive, {"exim", "postfix"}),
            "bad-input\nerror: cannot install 'exim' and 'postfix' together: exim conflicts with mta, which postfix "
            "provides\n");
}

TEST(Explain, AnEssentialPackageInTheWayIsNamed) {
  Archive archive;
  archive.add("trixie", "bash 5\nEssential: yes\nzsh 1\nConflicts: bash");
  EXPECT_EQ(refusal(archive, {"zsh"}),
            "bad-input\nerror: cannot install 'zsh': zsh conflicts with bash, which is essential\n");
}

TEST(Explain, TwoVersionsOfOnePackageAreRefused) {
  Archive archive;
  archive.add("trixie", "a 1").add("next", "a 2");
  EXPECT_EQ(refusal(archive, {"a=1", "a=2"}),
            "bad-input\nerror: cannot install 'a': it is asked for as both 1 and 2\n");
}

TEST(Explain, APackageOfAnotherArchitectureIsExplained) {
  Archive archive;
  archive.add("trixie", "a 1\nDepends: lib:i386\nlib 1");
  EXPECT_EQ(refusal(archive, {"a"}),
            "bad-input\nerror: cannot install 'a': a needs lib:i386, but lib 1 is for amd64 only\n");
}

}  // namespace
}  // namespace keelson::deb
