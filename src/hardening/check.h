/// What is checked: rows of tables, each one demand on one fact. What the collector asks inside a machine follows from
/// the rows, so that a new check is a new row and nothing else.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::hardening {

enum class Source { KernelHardeningChecker, Cis };

/// Where the value of a row's subject is found.
enum class Subject {
  KernelOption,    ///< CONFIG_… of the running kernel's configuration
  KernelArgument,  ///< on the kernel's command line
  Sysctl,          ///< below /proc/sys, with dots
  Mount,           ///< "/tmp nodev": an option of what is mounted there; "/tmp": that something is
  File,            ///< mode and owner: "/etc/shadow", wanted "0640 root:shadow"
  Package,         ///< its version, or ""
  Module,          ///< "loadable", "blocked", or "" where the kernel has none
  Ssh,             ///< a setting of the SSH server that runs
  Fact,            ///< a dotted path into the facts
};

/// When a row says something at all.
enum class Only { Always, Amd64, Arm64, SshRuns, PathExists, MountExists, HasPasswords };

struct Check {
  Source source;
  Subject subject;
  std::string_view name;
  std::string_view wanted;  ///< in demand.h's form
  std::string_view title;   ///< what is so when it passes
  std::string_view settled =
      {};  ///< KernelArgument: the kernel option that has the same effect, "CONFIG_X" or "!CONFIG_X"
  Only only = Only::Always;
  std::string_view excused = {};  ///< why a container host need not pass: then it is not applicable instead of failing
};

std::span<const Check> kernel_option_checks();
std::span<const Check> kernel_argument_checks();
std::span<const Check> sysctl_checks();
std::span<const Check> network_sysctl_checks();
std::span<const Check> mount_checks();
std::span<const Check> file_checks();
std::span<const Check> account_checks();
std::span<const Check> program_checks();
std::span<const Check> ssh_checks();

/// Every row, in the order of the report.
std::vector<Check> all_checks();

/// "sysctl:kernel.kptr_restrict": unique.
std::string id_of(const Check& check);
std::string_view source_name(Source source);

/// What a collector must ask for, sorted, each once: names of kernel options, sysctls, paths, or modules.
std::vector<std::string> asked(Subject subject);

}  // namespace keelson::hardening
