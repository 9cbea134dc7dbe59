// The resolver against apt, over the real indices of Debian 13: what platform engineers ask for must resolve to what
// apt would install, except for differences that are listed here with their reason. The outcome, in words:
// docs/resolver-vs-apt.md. Needs apt-get and a network; the mirror is whatever the host's apt uses.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/resolve/apt_oracle.h"
#include "packages/deb/resolve/resolve.h"

namespace keelson::deb {
namespace {

const std::vector<std::string>& goals() {
  static const std::vector<std::string> kGoals{
      "containerd",
      "systemd-sysv linux-image-cloud-amd64 containerd openssh-server selinux-policy-default",
      "podman",
      "docker.io docker-compose",
      "nginx",
      "apache2",
      "openssh-server",
      "cloud-init cloud-guest-utils",
      "postgresql",
      "mariadb-server",
      "redis-server",
      "python3-pip python3-venv",
      "kubernetes-client",
      "etcd-server",
      "selinux-policy-default auditd policycoreutils-python-utils",
      "network-manager",
      "chrony",
      "nftables",
      "qemu-guest-agent",
      "linux-image-amd64",
      "linux-image-cloud-amd64 dracut",
      "systemd-boot systemd-resolved systemd-timesyncd",
      "open-vm-tools",
      "ca-certificates curl jq",
      "prometheus-node-exporter",
      "unattended-upgrades",
      "mailutils",
      "haproxy keepalived",
      "strongswan wireguard-tools",
      "lvm2 mdadm cryptsetup",
      "tomcat10",
      "build-essential git",
      "ansible",
      "libvirt-daemon-system qemu-system-x86",
      "nfs-kernel-server rsyslog logrotate",
      "grub-efi-amd64 shim-signed",
      "tpm2-tools clevis",
      "flatpak",
      "apt debian-archive-keyring gnupg",
      // These have no solution.
      "no-such-package-at-all",
      "mail-transport-agent",
      "systemd-sysv sysvinit-core",
      "exim4-daemon-light postfix",
      "dracut initramfs-tools",
      "containerd runc=9",
  };
  return kGoals;
}

struct Allowed {
  std::string goal;
  std::string packages;  ///< "+name" only apt takes it, "-name" only Keelson does
  std::string why;
};

const std::vector<Allowed>& allowed_differences() {
  static const std::vector<Allowed> kAllowed{
      {"podman",
       "+containernetworking-plugins +iptables +libip4tc2 +libip6tc2 +libmnl0 +libnetfilter-conntrack3 +libnfnetlink0 "
       "+libnftnl11 +libxtables12 +netbase",
       "podman needs netavark, which provides container-network-stack; apt meets the need for that name first"},
      {"mariadb-server", "+mawk", "base-files needs awk; gawk provides it and is needed anyway"},
  };
  return kAllowed;
}

bool is_word_of(const std::string& words, std::string_view wanted) {
  const auto list = split_words(words);
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool is_allowed(const std::string& goal, const std::string& difference) {
  const auto name = difference.substr(0, difference.find(' '));
  return std::any_of(allowed_differences().begin(), allowed_differences().end(),
                     [&](const Allowed& one) { return one.goal == goal && is_word_of(one.packages, name); });
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const auto word : split_words(text)) words.emplace_back(word);
  return words;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct Ours {
  bool solvable = false;
  std::vector<std::string> packages;
  std::vector<std::string> essential;
  std::string message;
};

Ours resolve_ours(const testing::AptOracle& apt, const std::string& goal) {
  SilentReporter reporter;
  Ours ours;
  try {
    const Lock lock = resolve(apt.indices(), {.install = words_of(goal), .architecture = "amd64"},
                              {.cache_folder = apt.cache()}, reporter);
    ours.solvable = true;
    for (const auto& package : lock.packages) {
      ours.packages.push_back(fmt::format("{} {}", package.name, package.version));
      if (package.essential) ours.essential.push_back(package.name);
    }
  } catch (const Error& error) {
    ours.message = error.message();
  }
  std::sort(ours.packages.begin(), ours.packages.end());
  return ours;
}

std::vector<std::string> differences(const std::vector<std::string>& ours, const std::vector<std::string>& apts) {
  std::vector<std::string> list;
  std::vector<std::string> only;
  std::set_difference(apts.begin(), apts.end(), ours.begin(), ours.end(), std::back_inserter(only));
  for (const auto& package : only) list.push_back("+" + package);
  only.clear();
  std::set_difference(ours.begin(), ours.end(), apts.begin(), apts.end(), std::back_inserter(only));
  for (const auto& package : only) list.push_back("-" + package);
  return list;
}

TEST(ResolveApt, AgreesWithAptExceptWhereItIsExplained) {
  const testing::AptOracle apt;
  if (!apt.unavailable().empty()) GTEST_SKIP() << apt.unavailable();
  // apt installs into an empty system without its essential packages unless they are named: name them.
  const Ours bare = resolve_ours(apt, "");
  ASSERT_TRUE(bare.solvable) << bare.message;
  ASSERT_GT(bare.essential.size(), 10u);
  std::size_t equal = 0;
  std::set<std::string> seen;
  for (const auto& goal : goals()) {
    const double before = own_cpu_seconds();
    const Ours ours = resolve_ours(apt, goal);
    const double cpu = own_cpu_seconds() - before;
    std::vector<std::string> names = bare.essential;
    for (auto& word : words_of(goal)) names.push_back(std::move(word));
    const auto theirs = apt.install(names);
    EXPECT_EQ(ours.solvable, theirs.solvable) << goal << "\n" << ours.message << "\n" << theirs.output;
    if (!ours.solvable || !theirs.solvable) {
      fmt::print("| {} | no solution | {} |\n", goal, ours.message.substr(0, ours.message.find('\n')));
      continue;
    }
    const auto list = differences(ours.packages, theirs.packages);
    equal += list.empty() ? 1 : 0;
    fmt::print("| {} | {} | {} | {} | {:.3f} | {:.3f} |\n", goal, ours.packages.size(), theirs.packages.size(),
               list.empty() ? "" : fmt::format("{}", fmt::join(list, " ")), cpu, theirs.cpu_seconds);
    std::vector<std::string> unexplained = list;
    std::erase_if(unexplained, [&](const auto& difference) { return is_allowed(goal, difference); });
    EXPECT_TRUE(unexplained.empty()) << goal << ": " << fmt::format("{}", fmt::join(unexplained, ", "));
    for (const auto& difference : list) seen.insert(goal + difference.substr(0, difference.find(' ')));
  }
  fmt::print("{} of {} goals have exactly apt's packages and versions\n", equal, goals().size());
  for (const auto& one : allowed_differences()) {
    for (const auto package : split_words(one.packages)) {
      if (seen.count(one.goal + std::string(package)) == 0) fmt::print("no longer needed: {} {}\n", one.goal, package);
    }
  }
}

}  // namespace
}  // namespace keelson::deb
