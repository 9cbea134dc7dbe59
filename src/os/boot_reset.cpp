#include "os/boot_reset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "os/boot_configuration.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

// SELinux's mode is no argument that somebody added: os.selinux says when it changes.
constexpr std::array<std::string_view, 8> kKeptPrefixes{
    "console=", "earlyprintk=", "earlycon=", "systemd.machine_id=", "security=", "selinux=", "enforcing=", "$"};
constexpr std::array<std::string_view, 3> kRootPrefixes{"root=", "rootflags=", "rootfstype="};

template <std::size_t N>
bool begins_with_any(std::string_view word, const std::array<std::string_view, N>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](auto prefix) { return word.starts_with(prefix); });
}

// GRUB_CMDLINE_LINUX="…", GRUB_CMDLINE_LINUX_DEFAULT='…': the value loses what is not kept.
std::string reset_setting(std::string_view line) {
  const auto equals = line.find('=');
  if (!trim(line).starts_with("GRUB_CMDLINE_LINUX") || equals == std::string_view::npos) return std::string(line);
  std::string_view value = trim(line.substr(equals + 1));
  const char quote = !value.empty() && (value.front() == '"' || value.front() == '\'') ? value.front() : '\0';
  if (quote != '\0') value.remove_prefix(1);
  if (quote != '\0' && value.ends_with(quote)) value.remove_suffix(1);
  const char* around = quote == '\'' ? "'" : "\"";
  return fmt::format("{}={}{}{}", line.substr(0, equals), around, reset_arguments(value, {}), around);
}

template <typename ChangeLine>
void change_lines(const RootDir& root, const std::string& path, ChangeLine&& change) {
  const std::string text = root.read(path);
  std::string result;
  bool first = true;
  for (const auto line : split(text, '\n')) {
    if (!first) result += '\n';
    first = false;
    result += change(line);
  }
  if (result != text) rewrite_file(root, path, result);
}

}  // namespace

std::string reset_arguments(std::string_view arguments, const std::vector<std::string>& root_arguments) {
  std::vector<std::string> kept = root_arguments;
  for (const auto word : split(arguments, ' ')) {
    const bool names_root = begins_with_any(word, kRootPrefixes);
    if (word == "ro" || word == "rw" || begins_with_any(word, kKeptPrefixes) || (names_root && root_arguments.empty()))
      kept.emplace_back(word);
  }
  std::string text;
  for (const auto& word : kept) text += (text.empty() ? "" : " ") + word;
  return text;
}

void reset_kernel_arguments(const RootDir& root, const std::vector<std::string>& root_arguments) {
  std::vector<std::string> settings;
  if (root.exists("etc/default/grub")) settings.emplace_back("etc/default/grub");
  for (const auto& name : root.list("etc/default/grub.d")) {
    if (name.ends_with(".cfg")) settings.push_back("etc/default/grub.d/" + name);
  }
  for (const auto& path : settings) change_lines(root, path, reset_setting);
  for (const auto& path : boot_configurations(root)) {
    if (!path.ends_with(".conf")) continue;
    change_lines(root, path, [&](std::string_view line) {
      const auto begin = line.find_first_not_of(" \t");
      if (begin == std::string_view::npos || !line.substr(begin).starts_with("options")) return std::string(line);
      return fmt::format("options {}", reset_arguments(line.substr(begin + 7), root_arguments));
    });
  }
  if (const auto text = root.find_text("etc/kernel/cmdline"))
    rewrite_file(root, "etc/kernel/cmdline", reset_arguments(trim(*text), root_arguments) + "\n");
}

}  // namespace keelson::os
