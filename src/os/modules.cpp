#include "os/modules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

/// The kernel takes '-' and '_' in a module's name for the same character.
std::string canonical(std::string_view name) {
  std::string result(name);
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

/// A configuration file as lines, rewritten only when they changed.
class Lines {
 public:
  Lines(const RootDir& root, std::string_view path)
      : root_(root), path_(path), before_(root.find_text(path).value_or("")) {
    std::string_view text = before_;
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.empty()) return;
    for (const auto line : split(text, '\n')) lines_.emplace_back(line);
  }

  std::vector<std::string>& all() { return lines_; }

  void save() const {
    std::string text;
    for (const auto& line : lines_) text += line + "\n";
    if (text != before_) rewrite_file(root_, path_, text);
  }

 private:
  const RootDir& root_;
  std::string_view path_;
  std::string before_;
  std::vector<std::string> lines_;
};

/// Is this line `<keyword> <module> …`? An empty keyword: is it the module alone?
bool names(std::string_view line, std::string_view keyword, std::string_view module) {
  auto words = split_words(line);
  if (!keyword.empty()) {
    if (words.empty() || words.front() != keyword) return false;
    words.erase(words.begin());
  }
  return !words.empty() && canonical(words.front()) == canonical(module);
}

bool is_disabled(Lines& disabled, std::string_view module) {
  return std::any_of(disabled.all().begin(), disabled.all().end(),
                     [&](const std::string& line) { return names(line, "blacklist", module); });
}

void add_once(Lines& file, std::string_view keyword, std::string_view module) {
  for (const auto& line : file.all()) {
    if (names(line, keyword, module)) return;
  }
  file.all().push_back(keyword.empty() ? std::string(module) : fmt::format("{} {}", keyword, module));
}

void set_options(Lines& file, const recipe::Module& module) {
  auto line = std::find_if(file.all().begin(), file.all().end(),
                           [&](const std::string& text) { return names(text, "options", module.name); });
  if (line == file.all().end()) line = file.all().insert(line, "options " + module.name);
  auto left = module.options;
  std::string text = "options " + module.name;
  const auto words = split_words(*line);
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string key(words[i].substr(0, words[i].find('=')));
    const auto replaced = left.find(key);
    text += replaced == left.end() ? fmt::format(" {}", words[i]) : fmt::format(" {}={}", key, replaced->second);
    if (replaced != left.end()) left.erase(replaced);
  }
  for (const auto& [key, value] : left) text += fmt::format(" {}={}", key, value);
  *line = text;
}

void check_word(const recipe::Module& module, std::string_view what, std::string_view text) {
  const bool bad =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '#'; });
  if (!text.empty() && !bad) return;
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot configure module '{}': the {} '{}' is empty or holds white space", module.name, what, text));
}

void check_module(const recipe::Module& module, Lines& disabled) {
  check_word(module, "name", module.name);
  for (const auto& [key, value] : module.options) {
    check_word(module, "option", key);
    check_word(module, "value", value);
  }
  if (module.options.empty()) return;
  const bool off = module.load_mode == recipe::ModuleLoadMode::Disable ||
                   (module.load_mode == recipe::ModuleLoadMode::Inherit && is_disabled(disabled, module.name));
  if (!off) return;
  throw Error(ErrorKind::BadInput, fmt::format("cannot set options of module '{}': it is disabled", module.name),
              "set 'loadMode' to 'auto' or 'always', or leave the options out");
}

struct ModuleFiles {
  Lines load;
  Lines disabled;
  Lines options;
};

void apply_module(const recipe::Module& module, ModuleFiles& files) {
  check_module(module, files.disabled);
  using recipe::ModuleLoadMode;
  if (module.load_mode == ModuleLoadMode::Always || module.load_mode == ModuleLoadMode::Auto) {
    std::erase_if(files.disabled.all(), [&](const std::string& line) { return names(line, "blacklist", module.name); });
  }
  if (module.load_mode == ModuleLoadMode::Always) add_once(files.load, "", module.name);
  if (module.load_mode == ModuleLoadMode::Disable) add_once(files.disabled, "blacklist", module.name);
  if (!module.options.empty()) set_options(files.options, module);
}

}  // namespace

void apply_modules(std::span<const recipe::Module> modules, const RootDir& root) {
  if (modules.empty()) return;
  ModuleFiles files{Lines(root, kModulesLoadFile), Lines(root, kModulesDisabledFile), Lines(root, kModuleOptionsFile)};
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    with_context(fmt::format("configuring module 'os.modules[{}]' ({})", i, modules[i].name), [&] {
      if (std::find(seen.begin(), seen.end(), canonical(modules[i].name)) != seen.end()) {
        throw Error(ErrorKind::BadInput,
                    fmt::format("cannot configure module '{}': it is given twice", modules[i].name));
      }
      seen.push_back(canonical(modules[i].name));
      apply_module(modules[i], files);
    });
  }
  files.load.save();
  files.disabled.save();
  files.options.save();
}

}  // namespace keelson::os
