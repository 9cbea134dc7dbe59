#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "packages/deb/install/delta.h"
#include "packages/deb/install/install.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;

// Makes real .deb files with dpkg-deb and unpacks them.
class InstallTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("dpkg-deb")) GTEST_SKIP() << "dpkg-deb is not installed";
    if (::getuid() != 0) GTEST_SKIP() << "needs uid 0 (or a user namespace) to give files away";
  }

  struct Contents {
    std::string extra_control;
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> control;
  };

  LockedPackage make(const std::string& name, const Contents& contents) {
    const fs::path tree = dir_.path() / ("src-" + name);
    fs::create_directories(tree / "DEBIAN");
    write_file(tree / "DEBIAN/control",
               "Package: " + name + "\nVersion: 1\nArchitecture: all\nMaintainer: T <t@t.invalid>\nDescription: t\n" +
                   contents.extra_control);
    for (const auto& [path, text] : contents.control) write_file(tree / "DEBIAN" / path, text, 0755);
    for (const auto& [path, text] : contents.files) {
      fs::create_directories((tree / path).parent_path());
      write_file(tree / path, text);
    }
    const fs::path deb = dir_.path() / (name + ".deb");
    require_process({.arguments = {"dpkg-deb", "--root-owner-group", "-b", tree, deb}}, "build", name);
    return {
        .name = name, .version = "1", .architecture = "all", .sha256 = sha256_file(deb), .size = {fs::file_size(deb)}};
  }

  InstallOptions options() {
    return {.cache_root = dir_.path() / "cache", .deb_path = [this](const Sha256& digest) {
              for (const auto& entry : fs::directory_iterator(dir_.path())) {
                if (entry.path().extension() == ".deb" && sha256_file(entry.path()) == digest) return entry.path();
              }
              return fs::path();
            }};
  }

  UnpackedSystem unpack(std::vector<LockedPackage> packages) {
    const Lock lock{.architecture = "amd64", .packages = std::move(packages)};
    open_packages(lock, options(), silent_);
    fs::remove_all(dir_.path() / "root");
    fs::create_directory(dir_.path() / "root");
    return unpack_system(lock, RootDir(dir_.path() / "root"), options(), silent_);
  }

  fs::path root() const { return dir_.path() / "root"; }

  TempDir dir_{"install-test"};
  SilentReporter silent_;
};

TEST_F(InstallTest, LeavesFilesConffilesAndDatabaseAsDpkgUnpackWould) {
  const auto a = make("aa", {.files = {{"usr/bin/tool", "x"}, {"etc/tool.conf", "y"}},
                             .control = {{"conffiles", "/etc/tool.conf\n"},
                                         {"postinst", "#!/bin/sh\n"},
                                         {"triggers", "interest-noawait /usr/share/x\n"}}});
  unpack({a});
  EXPECT_EQ(read_file(root() / "usr/bin/tool"), "x");
  EXPECT_EQ(read_file(root() / "etc/tool.conf.dpkg-new"), "y");
  EXPECT_FALSE(fs::exists(root() / "etc/tool.conf"));
  EXPECT_EQ(read_file(root() / "var/lib/dpkg/triggers/File"), "/usr/share/x aa/noawait\n");
  const auto result = run_process({.arguments = {"dpkg-query", "--admindir=" + (root() / "var/lib/dpkg").native(), "-W",
                                                 "-f", "${db:Status-Abbrev} ${Package} ${Version}\\n"}});
  EXPECT_EQ(result.output, "iU  aa 1\n") << result.error_output;
  // The same through dpkg itself, in a second root: the file lists agree.
  fs::create_directories(dir_.path() / "other/var/lib/dpkg/info");
  write_file(dir_.path() / "other/var/lib/dpkg/status", "");
  const auto real = run_process({.arguments = {"dpkg", "--root=" + (dir_.path() / "other").native(), "--force-not-root",
                                               "--unpack", (dir_.path() / "aa.deb").native()}});
  EXPECT_EQ(real.exit_code, 0) << real.error_output;
  EXPECT_EQ(read_file(root() / "var/lib/dpkg/info/aa.list"),
            read_file(dir_.path() / "other/var/lib/dpkg/info/aa.list"));
}

TEST_F(InstallTest, TwoPackagesWithOneFileAreRefusedUnlessOneReplacesTheOther) {
  const auto a = make("aa", {.files = {{"usr/x", "a"}}});
  const auto b = make("bb", {.files = {{"usr/x", "b"}}});
  const auto c = make("cc", {.extra_control = "Replaces: aa (<< 2)\n", .files = {{"usr/x", "c"}}});
  try {
    unpack({a, b});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("its file '/usr/x' is also in package"), std::string::npos) << error.message();
  }
  for (int i = 0; i < 5; ++i) {
    unpack({a, c});
    EXPECT_EQ(read_file(root() / "usr/x"), "c");
  }
}

TEST_F(InstallTest, AChangedDebIsRefusedBeforeItIsOpened) {
  const auto a = make("aa", {.files = {{"usr/x", "a"}}});
  auto wrong = a;
  wrong.sha256 = sha256("other");
  auto bad = options();
  bad.deb_path = [&](const Sha256&) { return dir_.path() / "aa.deb"; };
  EXPECT_THROW(open_packages({.architecture = "amd64", .packages = {wrong}}, bad, silent_), Error);
  EXPECT_FALSE(PackageStore(dir_.path() / "cache").has(wrong.sha256));
}

TEST_F(InstallTest, ADamagedStoreEntryIsFoundAndForgotten) {
  const auto a = make("aa", {.files = {{"usr/x", std::string(100000, 'a')}}});
  unpack({a});
  for (const auto& entry : fs::recursive_directory_iterator(dir_.path() / "cache")) {
    if (!entry.is_regular_file()) continue;
    std::string bytes = read_file(entry.path());
    bytes[bytes.size() - 20] ^= 1;
    write_file(entry.path(), bytes);
  }
  EXPECT_THROW(unpack({a}), Error);
  EXPECT_NO_THROW(unpack({a}));  // opened anew
}

TEST_F(InstallTest, AStoreEntryThatWasCutShortIsNamed) {
  const auto a = make("aa", {.files = {{"usr/x", "x"}}});
  unpack({a});
  const fs::path entry = dir_.path() / "cache/opened" / a.sha256.hex();
  for (const std::size_t size : {40, 20, 4}) {
    fs::resize_file(entry, size);
    try {
      const OpenedPackage opened(entry);
      ADD_FAILURE() << "nothing was thrown at " << size << " bytes";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_EQ(error.message().find("cannot read '" + a.sha256.hex() + "': "), 0u) << error.message();
    }
  }
}

TEST_F(InstallTest, ADeltaReplaysWhatChangedAndNothingElse) {
  fs::create_directories(root() / "etc/old");
  write_file(root() / "etc/kept", "k");
  write_file(root() / "etc/changed", "before");
  write_file(root() / "etc/old/gone", "g");
  fs::copy(root(), dir_.path() / "twin", fs::copy_options::recursive);
  const RootDir tree(root());
  const TreeStamps before = read_stamps(tree);
  ::usleep(20000);
  write_file(root() / "etc/changed", "after");
  fs::remove_all(root() / "etc/old");
  fs::create_directories(root() / "var/new");
  write_file(root() / "var/new/file", "n");
  fs::create_hard_link(root() / "var/new/file", root() / "var/new/twin");
  fs::create_symlink("file", root() / "var/new/link");
  ASSERT_EQ(::chown((root() / "var/new/file").c_str(), 33, 44), 0);
  ::chmod((root() / "var/new").c_str(), 01770);
  write_delta(tree, before, dir_.path() / "delta");
  apply_delta(RootDir(dir_.path() / "twin"), dir_.path() / "delta");
  EXPECT_EQ(run_process({.arguments = {"diff", "-r", root(), dir_.path() / "twin"}}).output, "");
  struct stat status {};
  ASSERT_EQ(::stat((dir_.path() / "twin/var/new/twin").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 33u);
  EXPECT_EQ(status.st_nlink, 2u);
  EXPECT_EQ(fs::status(dir_.path() / "twin/var/new").permissions(), fs::perms(01770));
  const std::string listing = run_process({.arguments = {"tar", "--zstd", "-tf", dir_.path() / "delta"}}).output;
  EXPECT_EQ(listing.find("kept"), std::string::npos) << listing;
}

TEST(DpkgDatabase, ReadsFieldsAndConffiles) {
  EXPECT_EQ(control_field("Package: a\nReplaces: b (<< 1),\n c\nVersion: 2\n", "Replaces"), "b (<< 1),\n c");
  EXPECT_EQ(control_field("Package: a\n", "Version"), "");
  EXPECT_EQ(parse_conffiles("/etc/a\n/etc/b\nremove-on-upgrade /etc/c\n"), (std::set<std::string>{"/etc/a", "/etc/b"}));
}

}  // namespace
}  // namespace keelson::deb
