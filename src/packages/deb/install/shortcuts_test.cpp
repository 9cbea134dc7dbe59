#include "packages/deb/install/shortcuts.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;

TEST(Shortcuts, ATextThatIsMissingOrThereTwiceIsLeftAlone) {
  EXPECT_EQ(replace_all_once("a b c", {{"b", "x"}}), "a x c");
  EXPECT_EQ(replace_all_once("a b b", {{"b", "x"}}), std::nullopt);
  EXPECT_EQ(replace_all_once("a b c", {{"b", "x"}, {"d", "y"}}), std::nullopt);
}

TEST(Shortcuts, HostKeysAreKeptFromBeingMadeOnlyWhereThereIsAnSshServer) {
  const TempDir dir("shortcuts-test");
  const RootDir root(dir.path());
  EXPECT_TRUE(placeholder_files(root).empty());
  fs::create_directories(dir.path() / "usr/sbin");
  write_file(dir.path() / "usr/sbin/sshd", "");
  EXPECT_EQ(placeholder_files(root).size(), 3u);
}

TEST(Shortcuts, APolicyPackageNotesWhatItWouldCompile) {
  const TempDir dir("shortcuts-test");
  const RootDir root(dir.path());
  const fs::path script = dir.path() / "var/lib/dpkg/info/selinux-policy-mls.postinst";
  fs::create_directories(script.parent_path());
  const std::string call =
      "\tsemodule -X $priority $noreload -s $flavour $to_remove $to_install $to_disable || ret=$?\n";
  write_file(script, "priority=100 flavour=mls noreload=-n to_install='-i/a.pp -i/b.pp'; ret=0\n" + call);
  const auto found = defer_selinux_policy(root, "deferred");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].path, "var/lib/dpkg/info/selinux-policy-mls.postinst");
  EXPECT_EQ(found[0].content.find("semodule"), std::string::npos);
  EXPECT_NE(found[0].content.find("$to_disable > /deferred || ret=$?"), std::string::npos);
  write_file(script, "semodule --something-else\n");
  EXPECT_TRUE(defer_selinux_policy(root, "deferred").empty()) << "another script runs as it is";
}

// The host has the same script: its certificates are gathered with and without the shortcut.
TEST(Shortcuts, CertificatesComeOutTheSameAsFromTheScriptItself) {
  if (!fs::exists("/usr/sbin/update-ca-certificates") || !fs::exists("/usr/share/ca-certificates/mozilla")) {
    GTEST_SKIP() << "ca-certificates is not installed";
  }
  const TempDir dir("shortcuts-test");
  fs::create_directories(dir.path() / "usr/sbin");
  fs::copy_file("/usr/sbin/update-ca-certificates", dir.path() / "usr/sbin/update-ca-certificates");
  const auto found = find_shortcuts(RootDir(dir.path()));
  if (found.empty()) GTEST_SKIP() << "this host's script is another version";
  write_file(dir.path() / "quick", found[0].content, 0755);
  fs::create_directory(dir.path() / "local");
  write_file(dir.path() / "local/no newline, (odd) name.crt",
             read_file("/usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt").substr(0, 1900));
  for (const std::string which : {"quick", "usr/sbin/update-ca-certificates"}) {
    const fs::path out = dir.path() / (which == "quick" ? "a" : "b");
    fs::create_directory(out);
    const auto result =
        run_process({.arguments = {(dir.path() / which).native(), "--etccertsdir", out.native(), "--localcertsdir",
                                   (dir.path() / "local").native(), "--hooksdir", "/nonexistent"}});
    ASSERT_EQ(result.exit_code, 0) << result.error_output;
  }
  const auto difference = run_process(
      {.arguments = {"diff", "-r", "--no-dereference", (dir.path() / "a").native(), (dir.path() / "b").native()}});
  EXPECT_EQ(difference.exit_code, 0) << difference.output.substr(0, 2000);
  EXPECT_GT(fs::file_size(dir.path() / "a/ca-certificates.crt"), 100000u);
}

}  // namespace
}  // namespace keelson::deb
