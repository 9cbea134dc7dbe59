#include "node/kernel_drift.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/harmless_text.h"
#include "base/text.h"
#include "kube/objects.h"

namespace keelson::node {

namespace {

using nlohmann::json;

constexpr std::size_t kMostDepth = 16;

void add(Drift& drift, std::string subject, std::string what) {
  drift.findings.push_back({DriftLevel::Kernel, harmless_text(subject), harmless_text(what)});
}

// What a boot loader adds by itself, with its own name of the file.
bool is_of_loader(std::string_view word) { return word.starts_with("BOOT_IMAGE=") || word.starts_with("initrd="); }

std::vector<std::string> words_of(std::string_view command_line) {
  std::vector<std::string> words;
  for (const auto word : split_words(command_line)) {
    if (!is_of_loader(word)) words.emplace_back(word);
  }
  std::sort(words.begin(), words.end());
  return words;
}

void compare_command_line(Drift& drift, const std::string& live, const std::string& wanted) {
  const auto have = words_of(live), want = words_of(wanted);
  std::vector<std::string> more, less;
  std::set_difference(have.begin(), have.end(), want.begin(), want.end(), std::back_inserter(more));
  std::set_difference(want.begin(), want.end(), have.begin(), have.end(), std::back_inserter(less));
  for (const auto& word : more)
    add(drift, "command line", fmt::format("has '{}', which the release does not say", word));
  for (const auto& word : less) add(drift, "command line", fmt::format("lacks '{}'", word));
}

std::string one_space(std::string_view text) {
  const auto words = split_words(text);
  return fmt::format("{}", fmt::join(words, " "));
}

// "net": {"ipv4": {"ip_forward": 1}}: what sysctl.d sets at boot, against what the kernel has now.
void compare_sysctls(Drift& drift, const LiveRoot& root, const json& wanted, const std::string& name,
                     const std::string& path, std::size_t depth) {
  if (wanted.is_object() && depth < kMostDepth) {
    for (const auto& [key, value] : wanted.items()) {
      const bool is_plain = key.find_first_of("*/") == std::string::npos && key != "..";
      if (is_plain)
        compare_sysctls(drift, root, value, name.empty() ? key : name + "." + key, path + "/" + key, depth + 1);
    }
    return;
  }
  if (wanted.is_structured()) return;
  const auto live = root.kernel_says(path);
  if (!live) return;  // an option that this kernel does not have
  const std::string want = one_space(wanted.is_string() ? wanted.get<std::string>() : wanted.dump());
  if (one_space(*live) != want)
    add(drift, "sysctl " + name, fmt::format("is {}; the release sets {}", one_space(*live), want));
}

// "name size users by state address (OE)"
void look_at_modules(Drift& drift, const LiveRoot& root) {
  const auto modules = root.kernel_says("/proc/modules");
  if (!modules) return drift.notes.push_back("loaded modules are not looked at: there is no /proc/modules");
  for (const auto line : split(*modules, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 7 || !words[6].starts_with('(')) continue;
    if (words[6].find('E') != std::string_view::npos)
      add(drift, fmt::format("module {}", words[0]), "is loaded without a signature that the kernel believes");
  }
}

}  // namespace

void add_kernel_drift(Drift& drift, const LiveRoot& root, const Reference& reference) {
  if (!reference.kernel.empty()) {
    const auto release = root.kernel_says("/proc/sys/kernel/osrelease").value_or("");
    if (release != reference.kernel)
      add(drift, "kernel", fmt::format("is {}; the release has {}", release, reference.kernel));
  }
  if (!reference.command_line.empty()) {
    drift.compared.push_back("kernel: release and command line");
    compare_command_line(drift, root.kernel_says("/proc/cmdline").value_or(""), reference.command_line);
    const bool enforced = root.kernel_says("/sys/module/module/parameters/sig_enforce").value_or("N") == "Y";
    if (reference.command_line.find("module.sig_enforce=1") != std::string::npos && !enforced)
      add(drift, "module.sig_enforce", "is off: modules without a signature may be loaded");
  } else {
    drift.notes.push_back("the kernel's command line is not compared: neither manifest nor facts are configured");
  }
  if (const json* sysctls = kube::find_at(reference.facts, {"kernel", "configuredSysctls"})) {
    drift.compared.push_back("kernel: parameters, with what sysctl.d of the release sets");
    compare_sysctls(drift, root, *sysctls, "", "/proc/sys", 0);
  }
  look_at_modules(drift, root);
}

}  // namespace keelson::node
