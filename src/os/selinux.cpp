#include "os/selinux.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::string_view kConfig = "etc/selinux/config";
constexpr ByteCount kLargestConfig = mebibytes(1);
constexpr ByteCount kLargestContexts = mebibytes(16);

Error no_policy(std::string_view cause) {
  return {ErrorKind::BadInput, fmt::format("cannot set 'os.selinux.mode': {}", cause),
          "add selinux-policy-default to os.packages.install"};
}

/// The value of the last line `NAME=value`; selinux_config(5).
std::string value_of(std::string_view config, std::string_view name) {
  std::string value;
  for (const auto line : split(config, '\n')) {
    const auto text = trim(line);
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) value = trim(text.substr(name.size() + 1));
  }
  return value;
}

/// It becomes part of a path.
bool is_policy_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string with_mode(std::string_view config, std::string_view mode) {
  std::string text;
  bool written = false;
  if (config.ends_with('\n')) config.remove_suffix(1);
  for (const auto line : split(config, '\n')) {
    if (!trim(line).starts_with("SELINUX=")) {
      text += fmt::format("{}\n", line);
    } else if (!written) {
      text += fmt::format("SELINUX={}\n", mode);
      written = true;
    }
  }
  if (!written) text += fmt::format("SELINUX={}\n", mode);
  return text;
}

std::string_view word_for(recipe::SelinuxMode mode) {
  if (mode == recipe::SelinuxMode::Disabled) return "disabled";
  return mode == recipe::SelinuxMode::Permissive ? "permissive" : "enforcing";
}

}  // namespace

std::string require_selinux_policy(const RootDir& root) {
  const auto config = root.find_text(kConfig, kLargestConfig);
  if (!config) throw no_policy("the image has no SELinux policy (no /etc/selinux/config)");
  std::string name = value_of(*config, "SELINUXTYPE");
  if (!is_policy_name(name)) throw no_policy(fmt::format("/etc/selinux/config names no policy, but '{}'", name));
  const std::string folder = fmt::format("etc/selinux/{}", name);
  if (!root.exists(folder + "/contexts/files/file_contexts"))
    throw no_policy(fmt::format("the image has no /{}/contexts/files/file_contexts", folder));
  const auto binaries = root.list(folder + "/policy");
  if (std::none_of(binaries.begin(), binaries.end(), [](const auto& file) { return file.starts_with("policy."); }))
    throw no_policy(fmt::format("no compiled policy is in the image's /{}/policy", folder));
  return name;
}

bool has_selinux_policy(const RootDir& root) {
  try {
    require_selinux_policy(root);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void apply_selinux_mode(recipe::SelinuxMode mode, const RootDir& root) {
  if (mode != recipe::SelinuxMode::Disabled) require_selinux_policy(root);
  const auto config = root.find_text(kConfig, kLargestConfig);
  if (!config) return;
  const std::string changed = with_mode(*config, word_for(mode));
  if (changed != *config) rewrite_file(root, kConfig, changed);
}

std::vector<std::string> selinux_arguments(recipe::SelinuxMode mode) {
  if (mode == recipe::SelinuxMode::Disabled) return {"selinux=0"};
  // security=: of the modules that can't share a kernel, this one instead of the kernel's default.
  std::vector<std::string> arguments{"security=selinux", "selinux=1"};
  if (mode == recipe::SelinuxMode::ForceEnforcing) arguments.emplace_back("enforcing=1");
  return arguments;
}

file_contexts::FileContexts read_file_contexts(const RootDir& root) {
  const std::string base = fmt::format("etc/selinux/{}/contexts/files/file_contexts", require_selinux_policy(root));
  const auto text = [&](std::string_view suffix) {
    return root.find_text(base + std::string(suffix), kLargestContexts).value_or("");
  };
  const std::string main = text(""), homedirs = text(".homedirs"), local = text(".local"), subs = text(".subs"),
                    subs_dist = text(".subs_dist");
  return with_context(fmt::format("reading the labels of the image's SELinux policy (/{})", base), [&] {
    return file_contexts::FileContexts(
        {.main = main, .homedirs = homedirs, .local = local, .subs = subs, .subs_dist = subs_dist});
  });
}

}  // namespace keelson::os
