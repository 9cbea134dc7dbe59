#include "node/containerd_version.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "inspect/installed_packages.h"
#include "sys/process.h"

namespace keelson::node {

namespace {

using namespace std::chrono_literals;

// What distributions call the package: the first that is there.
constexpr std::array<std::string_view, 4> kPackages{"containerd", "containerd2", "moby-containerd", "containerd.io"};

std::optional<ContainerdVersion> ask_program() {
  if (!find_program("containerd")) return std::nullopt;
  try {
    const auto result = run_process({.arguments = {"containerd", "--version"}, .timeout = 10s, .output_limit = 4096});
    const std::string version = result.exit_code == 0 ? version_in_answer(result.output) : "";
    if (!version.empty()) return ContainerdVersion{version, true};
  } catch (const Error&) {
    // Then the package tells.
  }
  return std::nullopt;
}

// Without epoch and revision.
std::string upstream(std::string version) {
  if (const auto colon = version.find(':'); colon != std::string::npos) version.erase(0, colon + 1);
  if (const auto dash = version.rfind('-'); dash != std::string::npos) version.erase(dash);
  return version;
}

}  // namespace

std::string version_in_answer(std::string_view answer) {
  const auto words = split_words(answer);
  if (words.size() < 3 || words[0] != "containerd") return {};
  std::string_view version = words[2];
  if (version.starts_with('v')) version.remove_prefix(1);
  if (version.empty() || version[0] < '0' || version[0] > '9' || version.size() > 64) return {};
  return harmless_text(version);
}

std::optional<ContainerdVersion> containerd_version(const LiveRoot& root) {
  if (root.is_this_machine()) {
    if (auto told = ask_program()) return told;
  }
  try {
    const auto list = inspect::find_packages(root.files());
    if (!list) return std::nullopt;
    for (const auto name : kPackages) {
      const auto found =
          std::find_if(list->packages.begin(), list->packages.end(), [&](const auto& p) { return p.name == name; });
      if (found != list->packages.end()) return ContainerdVersion{upstream(found->version), false};
    }
  } catch (const Error&) {
    // A damaged database: the list of packages tells of it.
  }
  return std::nullopt;
}

}  // namespace keelson::node
