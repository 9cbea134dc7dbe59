#include "os/boot_configuration.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "os/kernel_command_line.h"
#include "os/kernel_modes.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::string_view kGrubDefaults = "etc/default/grub";
constexpr std::string_view kGrubDropIn = "etc/default/grub.d/90-keelson.cfg";
constexpr std::string_view kGrubLine = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX ";
constexpr std::string_view kKernelInstall = "etc/kernel/cmdline";

bool is_file(const RootDir& root, std::string_view path) {
  const auto status = root.status(path);
  return status && S_ISREG(status->st_mode);
}

std::string_view first_word(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  const auto end = std::min(line.find_first_of(" \t", begin), line.size());
  return line.substr(begin, end - begin);
}

bool has_word(std::string_view line, std::string_view word) {
  for (const auto part : split(line, ' ')) {
    if (part == word) return true;
  }
  return false;
}

/// What is missing of `arguments` in `line`, each with a space before it.
std::string missing(std::string_view line, std::span<const std::string> arguments) {
  std::string text;
  for (const auto& argument : arguments) {
    if (!has_word(line, argument)) text += " " + argument;
  }
  return text;
}

// In grub.cfg and in a shell assignment a few characters have a meaning, and the kernel needs none of them there.
void check_plain(std::span<const std::string> arguments) {
  for (const auto& argument : arguments) {
    if (argument.find_first_of("'`$\\;&|<>(){}") == std::string::npos) continue;
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot set kernel argument '{}': it holds a character that boot loaders interpret", argument));
  }
}

template <typename IsKernelLine>
std::string with_arguments(std::string_view text, std::span<const std::string> arguments, IsKernelLine&& is_kernel) {
  const KernelModes modes(arguments);
  std::string result;
  bool first = true;
  for (const auto line : split(text, '\n')) {
    if (!first) result += '\n';
    first = false;
    if (!is_kernel(line)) {
      result += line;
      continue;
    }
    const std::string kept = modes.without_contradictions(line);
    result += kept + missing(kept, arguments);
  }
  return result;
}

bool is_grub_kernel(std::string_view line) {
  const auto word = first_word(line);
  return (word == "linux" || word == "linuxefi" || word == "linux16") && !has_word(line, "single") &&
         !has_word(line, "recovery");
}

void change_grub(const RootDir& root, const std::string& path, std::span<const std::string> arguments) {
  const std::string text = root.read(path);
  const std::string changed = with_arguments(text, arguments, is_grub_kernel);
  if (changed != text) rewrite_file(root, path, changed);
}

void change_entry(const RootDir& root, const std::string& path, std::span<const std::string> arguments) {
  const std::string text = root.read(path);
  std::string changed =
      with_arguments(text, arguments, [](std::string_view line) { return first_word(line) == "options"; });
  if (changed == text && text.find("options") == std::string::npos) {
    changed += fmt::format("{}options{}\n", text.ends_with('\n') ? "" : "\n", missing("", arguments));
  }
  if (changed != text) rewrite_file(root, path, changed);
}

// Whether update-grub would give it to every kernel as the settings are.
bool is_in_grub_settings(const RootDir& root, std::string_view argument) {
  const std::string text = root.find_text(kGrubDefaults).value_or("");
  for (const auto line : split(text, '\n')) {
    if (!trim(line).starts_with("GRUB_CMDLINE_LINUX=")) continue;
    std::string words(line.substr(line.find('=') + 1));
    std::replace_if(
        words.begin(), words.end(), [](char c) { return c == '"' || c == '\''; }, ' ');
    if (has_word(words, argument)) return true;
  }
  return false;
}

// A line of the drop-in that sets a mode otherwise.
bool sets_other_mode(std::string_view line, const KernelModes& modes) {
  if (!line.starts_with(kGrubLine) || !line.ends_with('"')) return false;
  return modes.contradicts(line.substr(kGrubLine.size(), line.size() - kGrubLine.size() - 1));
}

// The distribution's own file may set modes as well: "GRUB_CMDLINE_LINUX="quiet enforcing=1"".
void drop_from_grub_defaults(const RootDir& root, const KernelModes& modes) {
  const std::string before = root.read(kGrubDefaults);
  std::string text;
  for (const auto line : split(before, '\n')) {
    text += trim(line).starts_with("GRUB_CMDLINE_LINUX") ? modes.without_contradictions(line) : std::string(line);
    text += '\n';
  }
  text.pop_back();
  if (text != before) rewrite_file(root, kGrubDefaults, text);
}

void keep_for_update_grub(const RootDir& root, std::span<const std::string> arguments) {
  const KernelModes modes(arguments);
  drop_from_grub_defaults(root, modes);
  const std::string before = root.find_text(kGrubDropIn).value_or("# Kernel arguments from the image's recipe.\n");
  std::string text;
  std::string_view lines = before;
  if (lines.ends_with('\n')) lines.remove_suffix(1);
  for (const auto line : split(lines, '\n')) {
    if (!sets_other_mode(line, modes)) text += fmt::format("{}\n", line);
  }
  for (const auto& argument : arguments) {
    const std::string line = fmt::format("{}{}\"\n", kGrubLine, argument);
    if (text.find(line) == std::string::npos && !is_in_grub_settings(root, argument)) text += line;
  }
  if (text != before) rewrite_file(root, kGrubDropIn, text);
}

void keep_for_kernel_install(const RootDir& root, std::span<const std::string> arguments) {
  const std::string before = root.read(kKernelInstall);
  const std::string text = KernelModes(arguments).without_contradictions(trim(before));
  rewrite_file(root, kKernelInstall, text + missing(text, arguments) + "\n");
}

// Arguments as one boot loader entry has them, without what the loader adds itself.
std::string plain_arguments(std::string_view text) {
  std::string result;
  for (const auto word : split_words(text)) {
    if (word.starts_with("BOOT_IMAGE=") || word.starts_with("initrd=") || word == "$vt_handoff") continue;
    result += (result.empty() ? "" : " ") + std::string(word);
  }
  return result;
}

// GRUB runs its menu as a script; the others take arguments as they stand.
const std::string& checked_arguments(const KernelEntry& entry) {
  const auto at = entry.arguments.find_first_of("'\\$`");
  if (at == std::string::npos || !entry.configuration.ends_with(".cfg")) return entry.arguments;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot read the kernel arguments in '{}': GRUB computes them, with '{}'",
                          entry.configuration, entry.arguments[at]));
}

// "6.12-amd64" of "/boot/vmlinuz-6.12-amd64".
std::string release_in_name(std::string_view kernel) {
  const std::string_view name = name_of(kernel);
  const auto dash = name.find('-');
  return name.starts_with("vmlinu") && dash != std::string_view::npos ? std::string(name.substr(dash + 1)) : "";
}

void read_grub(const std::string& text, const std::string& path, std::vector<KernelEntry>& entries) {
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 2 || !is_grub_kernel(line)) continue;
    const std::string_view kernel = words[1];
    entries.push_back({.configuration = path,
                       .release = release_in_name(kernel),
                       .files = {std::string(kernel)},
                       .arguments = plain_arguments(line.substr(kernel.data() + kernel.size() - line.data()))});
  }
}

// UAPI.1, "Type #1 Boot Loader Specification Entries": a key, white space, a value; some keys may come several times.
void read_loader_entry(const std::string& text, const std::string& path, std::vector<KernelEntry>& entries) {
  KernelEntry entry{.configuration = path, .release = {}, .files = {}, .arguments = {}};
  std::string options;
  std::string kernel;
  for (const auto line : split(text, '\n')) {
    const auto key = first_word(line);
    if (key.empty()) continue;
    const auto value = trim(line.substr(key.data() + key.size() - line.data()));
    if (key == "version") entry.release = value;
    if (key == "options") options += " " + std::string(value);
    if (key == "linux") kernel = value;
    if (key == "linux" || key == "initrd" || key == "devicetree") entry.files.emplace_back(value);
  }
  if (kernel.empty()) return;  // it starts another program
  if (entry.release.empty()) entry.release = release_in_name(kernel);
  entry.arguments = plain_arguments(options);
  entries.push_back(std::move(entry));
}

std::vector<std::string> entries_in(const RootDir& root, const std::string& folder) {
  std::vector<std::string> paths;
  if (!root.exists(folder)) return paths;
  for (const auto& name : root.list(folder)) {
    if (name.ends_with(".conf")) paths.push_back(folder + "/" + name);
  }
  return paths;
}

std::vector<std::string> grub_configurations(const RootDir& root) {
  std::vector<std::string> paths;
  for (const char* path : {"boot/grub/grub.cfg", "boot/grub2/grub.cfg"}) {
    if (is_file(root, path)) paths.emplace_back(path);
  }
  return paths;
}

std::vector<std::string> loader_entries(const RootDir& root) {
  std::vector<std::string> paths;
  for (const char* place : {"boot/efi", "boot", "efi"}) {
    for (auto& path : entries_in(root, fmt::format("{}/loader/entries", place))) paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace

std::vector<std::string> boot_configurations(const RootDir& root) {
  auto paths = grub_configurations(root);
  for (auto& path : loader_entries(root)) paths.push_back(std::move(path));
  return paths;
}

std::vector<KernelEntry> kernel_entries(const RootDir& root) {
  std::vector<KernelEntry> entries;
  for (const auto& path : loader_entries(root)) read_loader_entry(root.read(path, mebibytes(1)), path, entries);
  for (const auto& path : grub_configurations(root)) read_grub(root.read(path, mebibytes(4)), path, entries);
  return entries;
}

std::string kernel_arguments(std::span<const KernelEntry> entries, const std::string& release) {
  for (const auto& entry : entries) {
    if (entry.release == release) return checked_arguments(entry);
  }
  if (entries.empty()) {
    throw Error(ErrorKind::BadInput,
                "cannot tell the kernel arguments: the image has no grub.cfg and no boot loader entries");
  }
  for (const auto& entry : entries) {
    if (entry.arguments == entries.front().arguments) continue;
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot tell the arguments of kernel '{}': it has no boot entry, and the other kernels' differ",
                    release));
  }
  return checked_arguments(entries.front());
}

std::string with_kernel_arguments(std::string_view line, std::span<const std::string> arguments) {
  std::string result = KernelModes(arguments).without_contradictions(trim(line));
  const auto add = [&](std::string_view argument) { result += (result.empty() ? "" : " ") + std::string(argument); };
  for (const auto& argument : arguments) {
    if (argument.find('"') != std::string::npos) {  // white space in quotes separates nothing
      if (result.find(argument) == std::string::npos) add(argument);
      continue;
    }
    for (const auto word : split_words(argument)) {
      if (!has_word(result, word)) add(word);
    }
  }
  return result;
}

void add_kernel_arguments(const RootDir& root, std::span<const std::string> arguments) {
  std::vector<std::string> words;
  for (const auto& argument : arguments) {
    for (const auto word : split(argument, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
  }
  if (words.empty()) return;
  check_plain(words);
  const auto grub = grub_configurations(root);
  const auto entries = loader_entries(root);
  if (grub.empty() && entries.empty()) {
    throw Error(ErrorKind::BadInput,
                "cannot set kernel arguments: the image has no grub.cfg and no boot loader entries",
                "an image whose kernel is a unified kernel image needs os.uki");
  }
  for (const auto& path : grub) change_grub(root, path, words);
  for (const auto& path : entries) change_entry(root, path, words);
  if (is_file(root, kGrubDefaults)) keep_for_update_grub(root, words);
  if (is_file(root, kKernelInstall)) keep_for_kernel_install(root, words);
}

}  // namespace keelson::os
