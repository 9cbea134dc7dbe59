#include "os/services.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"
#include "os/unit_file.h"

namespace keelson::os {

namespace {

constexpr std::array<std::string_view, 3> kDependencyFolders = {".wants", ".requires", ".upholds"};

Unit require_unit(const RootDir& root, std::string_view name, std::string_view verb) {
  const UnitName wanted = parse_unit_name(name);
  if (auto unit = find_unit(root, wanted)) return *std::move(unit);
  std::string hint = did_you_mean(wanted.text(), unit_names(root));
  if (hint.empty()) hint = "is the package that brings it in 'os.packages.install'?";
  throw Error(ErrorKind::BadInput, fmt::format("cannot {} unit '{}': it is not in the image", verb, wanted.text()),
              hint);
}

/// The name under which a target pulls the unit in: a template needs an instance for that.
UnitName installed_name(const Unit& unit) {
  if (!unit.name.is_template()) return unit.name;
  if (!unit.install.default_instance.empty()) return unit.name.with_instance(unit.install.default_instance);
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot enable unit '{}': it is a template and names no default instance", unit.name.text()),
              fmt::format("write '{}' with the instance you want", unit.name.with_instance("INSTANCE").text()));
}

void add_link(const RootDir& root, const std::string& target, const std::string& path) {
  root.make_folders(parent_of(path));
  root.link(target, path);
}

void link_dependencies(const RootDir& root, const Unit& unit, const std::vector<std::string>& targets,
                       std::string_view kind) {
  if (targets.empty()) return;
  const UnitName name = installed_name(unit);
  for (const auto& target : targets) {
    const auto wanting = parse_unit_name(expand_specifiers(target, name)).text();
    add_link(root, unit.path, fmt::format("{}/{}{}/{}", kUnitConfiguration, wanting, kind, name.text()));
  }
}

void link_aliases(const RootDir& root, const Unit& unit) {
  for (const auto& declared : unit.install.alias) {
    UnitName alias = parse_unit_name(expand_specifiers(declared, unit.name));
    if (alias.is_template() && unit.name.is_instance()) alias = alias.with_instance(*unit.name.instance);
    if (alias.text() == unit.name.text()) continue;
    const std::string path = fmt::format("{}/{}", kUnitConfiguration, alias.text());
    const auto status = root.status(path);
    if (status && (!S_ISLNK(status->st_mode) || name_of(root.read_link(path)) != name_of(unit.path))) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot enable unit '{}': its alias '{}' is taken by another", unit.name.text(), path),
                  "disable the other unit first");
    }
    add_link(root, unit.path, path);
  }
}

void enable_one(const RootDir& root, const Unit& unit, Reporter& reporter) {
  if (unit.install.empty()) {
    reporter.warn(fmt::format("unit '{}' has no [Install] section: nothing to enable", unit.name.text()));
    return;
  }
  link_aliases(root, unit);
  link_dependencies(root, unit, unit.install.wanted_by, ".wants");
  link_dependencies(root, unit, unit.install.required_by, ".requires");
  link_dependencies(root, unit, unit.install.upheld_by, ".upholds");
}

/// Visits the unit and, through Also=, those that belong to it; each once. One that is missing is no error there.
void for_each_related(const RootDir& root, const Unit& first, Reporter& reporter,
                      const std::function<void(const Unit&)>& visit) {
  std::set<std::string> seen{first.name.text()};
  std::vector<Unit> waiting{first};
  while (!waiting.empty()) {
    const Unit unit = std::move(waiting.back());
    waiting.pop_back();
    visit(unit);
    for (const auto& also : unit.install.also) {
      const auto name = parse_unit_name(expand_specifiers(also, unit.name));
      auto related = find_unit(root, name);
      if (!related) {
        reporter.detail(fmt::format("unit '{}' names '{}', which is not in the image", unit.name.text(), name.text()));
      } else if (seen.insert(related->name.text()).second) {
        waiting.push_back(*std::move(related));
      }
    }
  }
}

/// Does a symlink of this name and target belong to one of the units? An instance belongs to its template.
bool belongs_to(const std::set<std::string>& units, const std::string& name, const std::string& target) {
  if (target == "/dev/null") return false;
  if (units.contains(name) || units.contains(std::string(name_of(target)))) return true;
  const auto at = name.find('@');
  const auto dot = name.rfind('.');
  if (at == std::string::npos || dot == std::string::npos || dot < at) return false;
  return units.contains(name.substr(0, at + 1) + name.substr(dot));  // its template
}

/// Removes links in one folder; the names of those removed join `units`, because links to an alias must go too.
void remove_links(const RootDir& root, const std::string& folder, std::set<std::string>& units) {
  for (const auto& name : root.list(folder)) {
    const std::string path = folder + "/" + name;
    const auto status = root.status(path);
    if (!status || !S_ISLNK(status->st_mode) || !belongs_to(units, name, root.read_link(path))) continue;
    root.remove(path);
    units.insert(name);
  }
}

void remove_all_links(const RootDir& root, std::set<std::string> units) {
  const std::string top(kUnitConfiguration);
  std::size_t known = 0;
  while (known != units.size()) {  // a removed alias may have links of its own
    known = units.size();
    remove_links(root, top, units);
    for (const auto& name : root.list(top)) {
      for (const auto kind : kDependencyFolders) {
        if (!name.ends_with(kind)) continue;
        remove_links(root, top + "/" + name, units);
        if (root.list(top + "/" + name).empty()) root.remove(top + "/" + name);
      }
    }
  }
}

}  // namespace

void enable_unit(const RootDir& root, std::string_view name, Reporter& reporter) {
  for_each_related(root, require_unit(root, name, "enable"), reporter,
                   [&](const Unit& unit) { enable_one(root, unit, reporter); });
}

void disable_unit(const RootDir& root, std::string_view name, Reporter& reporter) {
  std::set<std::string> units;
  for_each_related(root, require_unit(root, name, "disable"), reporter,
                   [&](const Unit& unit) { units.insert(unit.name.text()); });
  remove_all_links(root, std::move(units));
}

void apply_services(const recipe::Services& services, const RootDir& root, Reporter& reporter) {
  for (std::size_t i = 0; i < services.enable.size(); ++i) {
    with_context(fmt::format("enabling 'os.services.enable[{}]'", i),
                 [&] { enable_unit(root, services.enable[i], reporter); });
  }
  for (std::size_t i = 0; i < services.disable.size(); ++i) {
    with_context(fmt::format("disabling 'os.services.disable[{}]'", i),
                 [&] { disable_unit(root, services.disable[i], reporter); });
  }
}

}  // namespace keelson::os
