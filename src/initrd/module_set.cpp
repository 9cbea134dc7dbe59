#include "initrd/module_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "initrd/module_index.h"

namespace keelson::initrd {
namespace {

constexpr std::string_view kSuffixes[] = {"", ".xz", ".zst", ".gz"};

std::vector<std::string> read_list(const RootDir& root, const std::string& path) {
  const auto text = root.find_text(path);
  if (!text) throw Error(ErrorKind::NotFound, fmt::format("cannot read '{}': the tree has no such kernel", path));
  std::vector<std::string> lines;
  for (const std::string_view line : split(*text, '\n')) {
    if (!trim(line).empty()) lines.emplace_back(trim(line));
  }
  return lines;
}

}  // namespace

ModuleSet::ModuleSet(const RootDir& root, std::string release) : root_(root), folder_("usr/lib/modules/" + release) {
  for (std::string& path : read_list(root, folder_ + "/modules.order")) {
    std::string name = module_name(path);
    available_.emplace(std::move(name), std::move(path));
  }
  for (const std::string& path : read_list(root, folder_ + "/modules.builtin")) builtin_.push_back(module_name(path));
  std::ranges::sort(builtin_);
}

std::string ModuleSet::read_module(const std::string& path) const {
  for (const std::string_view suffix : kSuffixes) {
    const std::string full = fmt::format("{}/{}{}", folder_, path, suffix);
    if (auto content = root_.find_text(full)) return decompress_module(std::move(*content), full);
  }
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot read kernel module '{}': it is listed but not in the tree", path));
}

bool ModuleSet::add(const std::string& wanted) {
  const std::string name = module_name(wanted);
  if (modules_.contains(name)) return true;
  const auto found = available_.find(name);
  if (found == available_.end()) return std::ranges::binary_search(builtin_, name);
  Module module{.path = found->second, .content = read_module(found->second), .info = {}};
  module.info = parse_module_info(as_bytes(module.content), name);
  const ModuleInfo info = module.info;
  modules_.emplace(name, std::move(module));
  for (const std::string& other : info.depends) {
    if (add(other)) continue;
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot add kernel module '{}': it needs '{}', which is not in the tree", name, other));
  }
  for (const std::string& other : info.soft_depends) add(other);
  return true;
}

/// Depth first: a module stands after everything that needs it, as libkmod loads a line from its end.
void ModuleSet::collect(const std::string& name, std::vector<std::string>& ordered) const {
  const auto found = modules_.find(name);
  if (found == modules_.end() || std::ranges::find(ordered, name) != ordered.end()) return;
  for (const std::string& other : found->second.info.depends) collect(other, ordered);
  ordered.push_back(name);
}

std::string ModuleSet::dependency_line(const std::string& name) const {
  std::vector<std::string> ordered;
  collect(name, ordered);
  ordered.pop_back();
  std::string line = modules_.at(name).path + ":";
  for (auto other = ordered.rbegin(); other != ordered.rend(); ++other) line += " " + modules_.at(*other).path;
  return line;
}

void ModuleSet::put_into(FileSet& files) const {
  IndexPairs dependencies, aliases, builtin;
  std::string soft;
  for (const auto& [name, module] : modules_) {
    files.put_file(folder_ + "/" + module.path, module.content);
    dependencies.emplace_back(name, dependency_line(name));
    for (const std::string& alias : module.info.aliases) aliases.emplace_back(normalize_alias(alias), name);
    for (const std::string& line : module.info.soft_lines) soft += fmt::format("softdep {} {}\n", name, line);
  }
  for (const std::string& name : builtin_) builtin.emplace_back(name, "");
  files.put_file(folder_ + "/modules.dep.bin", write_module_index(std::move(dependencies)));
  files.put_file(folder_ + "/modules.alias.bin", write_module_index(std::move(aliases)));
  files.put_file(folder_ + "/modules.builtin.bin", write_module_index(std::move(builtin)));
  files.put_file(folder_ + "/modules.softdep", std::move(soft));
}

}  // namespace keelson::initrd
