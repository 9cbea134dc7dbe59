#include <fmt/format.h>

#include <set>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

std::string_view prefix(Subject subject) {
  switch (subject) {
    case Subject::KernelOption:
      return "option";
    case Subject::KernelArgument:
      return "argument";
    case Subject::Sysctl:
      return "sysctl";
    case Subject::Mount:
      return "mount";
    case Subject::File:
      return "file";
    case Subject::Package:
      return "package";
    case Subject::Module:
      return "module";
    case Subject::Ssh:
      return "ssh";
    case Subject::Fact:
      return "fact";
  }
  return "";
}

std::string_view option_of(std::string_view settled) { return settled.starts_with('!') ? settled.substr(1) : settled; }

}  // namespace

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto& table : {kernel_option_checks(), kernel_argument_checks(), sysctl_checks(), network_sysctl_checks(),
                            mount_checks(), file_checks(), account_checks(), program_checks(), ssh_checks()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  return all;
}

std::string id_of(const Check& check) {
  std::string id = fmt::format("{}:{}", prefix(check.subject), check.name);
  if (const auto space = id.find(' '); space != std::string::npos) id[space] = ':';  // "mount:/tmp:nodev"
  return id;
}

std::string_view source_name(Source source) { return source == Source::Cis ? "CIS" : "kernel-hardening-checker"; }

std::vector<std::string> asked(Subject subject) {
  std::set<std::string> names;
  for (const auto& check : all_checks()) {
    if (check.subject == subject) names.emplace(check.name);
    if (subject == Subject::KernelOption && !check.settled.empty()) names.emplace(option_of(check.settled));
  }
  return {names.begin(), names.end()};
}

}  // namespace keelson::hardening
