#include "os/services.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "os/test_root.h"
#include "os/unit_file.h"
#include "sys/process.h"

namespace keelson::os {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::map<std::string, std::string> kUnits = {
    {"ssh.service", "[Install]\nWantedBy=multi-user.target\nAlias=sshd.service\n"},
    {"getty@.service", "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n"},
    {"worker@.service", "[Install]\nWantedBy=multi-user.target\n"},
    {"net.service", "[Install]\nWantedBy=multi-user.target\nAlias=dbus-net.service\nAlso=net.socket gone.service\n"},
    {"net.socket", "[Install]\nWantedBy=sockets.target\nRequiredBy=a.service \\\n  b.service\n"},
    {"static.service", "[Service]\nExecStart=/bin/true\n"},
    {"reset.service", "[Install]\nWantedBy=a.target\nWantedBy=\nWantedBy=b.target\n"},
};

using Links = std::map<std::string, std::string>;

/// All symlinks below /etc/systemd/system, by path.
Links links_in(const fs::path& root) {
  Links links;
  const fs::path top = root / "etc/systemd/system";
  if (!fs::exists(top)) return links;
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    if (!entry.is_symlink()) continue;
    std::string target = fs::read_symlink(entry.path());
    if (target.starts_with("/lib/")) target = "/usr" + target;  // a systemctl that was built before the /usr merge
    links[entry.path().lexically_relative(top)] = target;
  }
  return links;
}

void install_units(const fs::path& root) {
  fs::create_directories(root / "usr/lib/systemd/system");
  fs::create_directories(root / "etc/systemd/system");
  fs::create_symlink("usr/lib", root / "lib");
  for (const auto& [name, text] : kUnits) write_file(root / "usr/lib/systemd/system" / name, text);
}

class Services : public RootTest {
 protected:
  void SetUp() override {
    RootTest::SetUp();
    if (!IsSkipped()) install_units(root_.host_path());
  }
  void enable(const std::string& name) { enable_unit(root_, name, reporter_); }
  void disable(const std::string& name) { disable_unit(root_, name, reporter_); }
  Links links() const { return links_in(root_.host_path()); }
  SilentReporter reporter_;
};

const std::string kPath = "/usr/lib/systemd/system/";

TEST_F(Services, EnablingLinksTargetsAliasesAndRelatedUnits) {
  enable("net");
  EXPECT_THAT(links(), ElementsAre(Pair("a.service.requires/net.socket", kPath + "net.socket"),
                                   Pair("b.service.requires/net.socket", kPath + "net.socket"),
                                   Pair("dbus-net.service", kPath + "net.service"),
                                   Pair("multi-user.target.wants/net.service", kPath + "net.service"),
                                   Pair("sockets.target.wants/net.socket", kPath + "net.socket")));
  disable("net");
  EXPECT_THAT(links(), IsEmpty());
  EXPECT_FALSE(root_.exists("etc/systemd/system/multi-user.target.wants"));
}

TEST_F(Services, AnAliasStandsForItsUnitBeforeAndAfterItIsEnabled) {
  enable("sshd");
  EXPECT_THAT(links(), ElementsAre(Pair("multi-user.target.wants/ssh.service", kPath + "ssh.service"),
                                   Pair("sshd.service", kPath + "ssh.service")));
  enable("sshd");
  disable("sshd");
  EXPECT_THAT(links(), IsEmpty());
}

TEST_F(Services, TemplatesAreEnabledByInstance) {
  enable("worker@a-b.service");
  enable("getty@");
  EXPECT_THAT(links(), ElementsAre(Pair("getty.target.wants/getty@tty1.service", kPath + "getty@.service"),
                                   Pair("multi-user.target.wants/worker@a-b.service", kPath + "worker@.service")));
  EXPECT_THROW(enable("worker@"), Error);
  disable("worker@other");
  EXPECT_EQ(links().size(), 2u);
  disable("worker@");
  EXPECT_EQ(links().size(), 1u);
}

TEST_F(Services, AnUnknownUnitGetsASuggestionAndAMaskedOneIsRefused) {
  try {
    enable("shs");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot enable unit 'shs.service': it is not in the image");
    EXPECT_EQ(error.hint(), "did you mean 'ssh.service'?");
  }
  EXPECT_THROW(disable("nothing-like-it"), Error);
  EXPECT_THROW(enable("../x"), Error);
  root_.link("/dev/null", "etc/systemd/system/ssh.service");
  EXPECT_THROW(enable("ssh"), Error);
  disable("net");
  EXPECT_EQ(links().size(), 1u);
}

TEST_F(Services, AnAliasThatAnotherUnitHoldsIsNotTaken) {
  root_.link(kPath + "static.service", "etc/systemd/system/sshd.service");
  EXPECT_THROW(enable("ssh"), Error);
}

TEST_F(Services, DropInsAndEmptyAssignmentsCount) {
  put("etc/systemd/system/static.service.d/10.conf", "[Install]\nWantedBy=x.target\n");
  enable("static");
  enable("reset");
  EXPECT_THAT(links(), ElementsAre(Pair("b.target.wants/reset.service", kPath + "reset.service"),
                                   Pair("x.target.wants/static.service", kPath + "static.service")));
}

TEST_F(Services, TheLinksAreThoseOfTheRealSystemctl) {
  if (!find_program("systemctl")) GTEST_SKIP() << "no systemctl here";
  const TempDir other("os-test-systemctl");
  install_units(other.path());
  const auto systemctl = [&](const std::string& verb, const std::string& unit) {
    return run_process({.arguments = {"systemctl", "--root=" + other.path().native(), verb, unit}}).exit_code;
  };
  for (const auto* unit :
       {"ssh.service", "getty@.service", "worker@x.service", "net.service", "reset.service", "static.service"}) {
    enable(unit);
    EXPECT_EQ(systemctl("enable", unit), 0) << unit;
    EXPECT_EQ(links(), links_in(other.path())) << unit;
  }
  for (const auto* unit : {"net.service", "getty@.service", "worker@x.service", "ssh.service", "reset.service"}) {
    disable(unit);
    EXPECT_EQ(systemctl("disable", unit), 0) << unit;
    EXPECT_EQ(links(), links_in(other.path())) << unit;
  }
}

/// The host's own unit files, as they are, in another root.
std::vector<std::string> copy_host_units(const fs::path& root) {
  std::vector<std::string> names;
  fs::create_directories(root / "usr/lib/systemd/system");
  fs::create_directories(root / "etc/systemd/system");
  fs::create_symlink("usr/lib", root / "lib");
  for (const auto& entry : fs::directory_iterator("/usr/lib/systemd/system")) {
    const auto name = entry.path().filename().native();
    if (entry.is_directory() && !name.ends_with(".d")) continue;
    fs::copy(entry.path(), root / "usr/lib/systemd/system" / name,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    if (!entry.is_regular_file() || entry.is_symlink() || entry.file_size() == 0) continue;
    InstallSection install;
    parse_install_section(read_file(entry.path()), install);
    const bool open_template = parse_unit_name(name).is_template() && install.default_instance.empty();
    if (!install.empty() && !open_template) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST_F(Services, TheLinksForEveryUnitOfThisHostAreThoseOfTheRealSystemctl) {
  if (!find_program("systemctl") || !fs::is_directory("/usr/lib/systemd/system")) GTEST_SKIP() << "no systemctl here";
  const TempDir ours("os-test-ours"), theirs("os-test-theirs");
  const auto names = copy_host_units(ours.path());
  copy_host_units(theirs.path());
  const RootDir root(ours.path());
  for (const auto* verb : {"enable", "disable"}) {
    for (const auto& name : names) {
      const bool done =
          run_process({.arguments = {"systemctl", "--root=" + theirs.path().native(), verb, name}}).exit_code == 0;
      try {
        std::string_view(verb) == "enable" ? enable_unit(root, name, reporter_) : disable_unit(root, name, reporter_);
        EXPECT_TRUE(done) << verb << " " << name;
      } catch (const Error& error) {
        EXPECT_FALSE(done) << render(error);
      }
    }
    EXPECT_EQ(links_in(ours.path()), links_in(theirs.path())) << verb;
  }
}

TEST(UnitFile, SpecifiersExpandAndUnknownOnesStay) {
  const UnitName name = parse_unit_name("my-app@one.service");
  EXPECT_EQ(expand_specifiers("%p %i %j %n %N %% %q %", name), "my-app one app my-app@one.service my-app@one % %q %");
  EXPECT_EQ(parse_unit_name("a.b").text(), "a.b.service");
  EXPECT_TRUE(parse_unit_name("x@.timer").is_template());
}

TEST(UnitFile, OnlyTheInstallSectionIsRead) {
  InstallSection section;
  parse_install_section("[Unit]\nWantedBy=no\n; c\n[Install]\n# c\nWantedBy = a b\nAlso=c\n[Service]\nAlias=no\n",
                        section);
  EXPECT_THAT(section.wanted_by, ElementsAre("a", "b"));
  EXPECT_THAT(section.also, ElementsAre("c"));
  EXPECT_THAT(section.alias, IsEmpty());
}

}  // namespace
}  // namespace keelson::os
