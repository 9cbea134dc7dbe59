// Our changes of a real Debian 13 system against those of apt-get over the same indices and the same status file.
// Needs mmdebstrap, apt-get, root and a network; mirrors are those of the host.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/change/debian_tree.h"
#include "packages/deb/change/resolve_change.h"
#include "packages/deb/resolve/apt_oracle.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;

struct Trial {
  std::string name;
  ChangeGoal goal;
  std::vector<std::string> apt;    ///< apt-get's arguments for the same
  std::vector<std::string> older;  ///< packages whose installed version is made older, so that there is an update
};

const std::vector<Trial>& trials() {
  static const std::vector<Trial> kTrials{
      {"install jq", {.install = {"jq"}}, {"install", "jq"}, {}},
      {"install nginx", {.install = {"nginx"}}, {"install", "nginx"}, {}},
      {"install openssh-server", {.install = {"openssh-server"}}, {"install", "openssh-server"}, {}},
      {"install a kernel", {.install = {"linux-image-cloud-amd64"}}, {"install", "linux-image-cloud-amd64"}, {}},
      {"install a kernel and GRUB",
       {.install = {"linux-image-cloud-amd64", "grub-pc"}},
       {"install", "linux-image-cloud-amd64", "grub-pc"},
       {}},
      {"install podman", {.install = {"podman"}}, {"install", "podman"}, {}},
      {"install chrony and curl", {.install = {"chrony", "curl"}}, {"install", "chrony", "curl"}, {}},
      {"install postgresql", {.install = {"postgresql"}}, {"install", "postgresql"}, {}},
      {"install what is there", {.install = {"bash"}}, {"install", "bash"}, {}},
      {"install another awk", {.install = {"gawk"}}, {"install", "gawk"}, {}},
      {"install python3-venv", {.install = {"python3-venv"}}, {"install", "python3-venv"}, {}},
      {"remove systemd-sysv", {.remove = {"systemd-sysv"}}, {"remove", "systemd-sysv"}, {}},
      {"remove tzdata", {.remove = {"tzdata"}}, {"remove", "tzdata"}, {}},
      {"remove apt", {.remove = {"apt"}}, {"remove", "apt"}, {}},
      {"remove libsystemd-shared", {.remove = {"libsystemd-shared"}}, {"remove", "libsystemd-shared"}, {}},
      {"update everything",
       {.update_all = true},
       {"upgrade", "--with-new-pkgs"},
       {"tzdata", "perl-base", "systemd", "systemd-sysv", "libsystemd-shared", "libsystemd0"}},
      {"update one", {.update = {"tzdata"}}, {"install", "--only-upgrade", "tzdata"}, {"tzdata", "perl-base"}},
      {"update one with an exact need",
       {.update = {"systemd"}},
       {"install", "--only-upgrade", "systemd"},
       {"systemd", "systemd-sysv", "libsystemd-shared", "libsystemd0"}},
      {"install beside older ones",
       {.install = {"libpam-systemd"}},
       {"install", "libpam-systemd"},
       {"systemd", "systemd-sysv", "libsystemd-shared", "libsystemd0"}},
  };
  return kTrials;
}

/// Differences that are meant: trial to "+name" (only apt changes it) and "-name" (only we do).
const std::map<std::string, std::vector<std::string>>& meant() {
  static const std::map<std::string, std::vector<std::string>> kMeant{
      // podman needs netavark, which provides container-network-stack; apt meets the need for that name first.
      {"install podman",
       {"+containernetworking-plugins", "+iptables", "+libip4tc2", "+libip6tc2", "+libmnl0", "+libnetfilter-conntrack3",
        "+libnfnetlink0", "+libnftnl11", "+libxtables12", "+netbase"}},
      // apt guards itself, whatever the package's own fields say.
      {"remove apt", {"+error", "-remove apt"}}};
  return kMeant;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// The status file with some packages a little older, "2024b-1" as "2024b-1~", also for those that need them exactly.
std::string with_older(std::string status, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto stanza = status.find("Package: " + name + "\n");
    if (stanza == std::string::npos) continue;
    const auto at = status.find("\nVersion: ", stanza) + 10;
    const std::string version = status.substr(at, status.find('\n', at) - at);
    status.insert(at + version.size(), "~");
    const std::string exact = name + " (= " + version;
    status = replaced(std::move(status), exact + ")", exact + "~)");
  }
  return status;
}

std::vector<std::string> lines_of(const PackageChange& change) {
  std::vector<std::string> list;
  for (const auto& package : change.install) list.push_back(package.name + " " + package.version);
  for (const auto& name : change.remove) list.push_back("remove " + name);
  std::sort(list.begin(), list.end());
  return list;
}

// "Inst jq [1.7] (1.7.1-6 Debian:13/stable [amd64])", "Remv apt [3.0.3]"
std::vector<std::string> lines_of_apt(const std::string& output) {
  std::vector<std::string> list;
  for (const auto line : split(output, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 2) continue;
    if (words[0] == "Remv") list.push_back(fmt::format("remove {}", words[1]));
    if (words[0] != "Inst") continue;
    for (const auto word : words) {
      if (!word.starts_with("(")) continue;
      list.push_back(fmt::format("{} {}", words[1], word.substr(1)));
      break;
    }
  }
  std::sort(list.begin(), list.end());
  return list;
}

// Without the version, which changes with every update of the archive.
std::string name_in(const std::string& line) {
  return line.starts_with("remove ") ? line : line.substr(0, line.find(' '));
}

TEST(ChangeApt, ChangesARealSystemAsAptDoes) {
  const testing::DebianTree tree;
  if (!tree.unavailable().empty()) GTEST_SKIP() << tree.unavailable();
  const testing::AptOracle apt;
  if (!apt.unavailable().empty()) GTEST_SKIP() << apt.unavailable();
  const TempDir folder("change-apt");
  fs::create_directory(folder.path() / "root");
  tree.lay_out(folder.path() / "root");
  const std::string status = read_file(folder.path() / "root/var/lib/dpkg/status");
  std::size_t equal = 0;
  for (const auto& trial : trials()) {
    const std::string text = with_older(status, trial.older);
    SilentReporter reporter;
    std::vector<std::string> ours;
    try {
      ours = lines_of(resolve_change(InstalledSystem(text, ""), apt.indices(), trial.goal,
                                     {.cache_folder = apt.cache()}, reporter));
    } catch (const Error& error) {
      ours = {"error"};
      fmt::print("{}: {}\n", trial.name, error.message());
    }
    const auto answer = apt.simulate(trial.apt, text);
    const auto theirs = answer.solvable ? lines_of_apt(answer.output) : std::vector<std::string>{"error"};
    std::vector<std::string> differences;
    for (const auto& line : theirs) {
      if (!std::count(ours.begin(), ours.end(), line)) differences.push_back("+" + name_in(line));
    }
    for (const auto& line : ours) {
      if (!std::count(theirs.begin(), theirs.end(), line)) differences.push_back("-" + name_in(line));
    }
    equal += differences.empty() ? 1 : 0;
    fmt::print("| {} | {} | {} |\n", trial.name, ours.size(), fmt::join(differences, ", "));
    if (const auto known = meant().find(trial.name); known != meant().end()) {
      EXPECT_EQ(differences, known->second) << trial.name;
    } else {
      EXPECT_TRUE(differences.empty()) << trial.name << ": " << fmt::format("{}", fmt::join(differences, ", "));
    }
  }
  fmt::print("{} of {} changes are exactly apt's\n", equal, trials().size());
}

}  // namespace
}  // namespace keelson::deb
