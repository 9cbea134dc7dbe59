#include "os/unit_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::array<std::string_view, 11> kSuffixes = {".service", ".socket",    ".target", ".timer",
                                                        ".path",    ".mount",     ".swap",   ".slice",
                                                        ".scope",   ".automount", ".device"};
// Highest precedence first. /lib is a symlink to usr/lib in every image that we make.
constexpr std::array<std::string_view, 4> kFolders = {kUnitConfiguration, "/run/systemd/system",
                                                      "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"};
constexpr std::size_t kLongestName = 255;  // UNIT_NAME_MAX
constexpr int kLongestChain = 8;           // aliases of aliases; systemd gives up as well

bool has_suffix(std::string_view name) {
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

void assign(std::vector<std::string>& list, std::string_view value) {
  const auto words = split_words(value);
  if (words.empty()) list.clear();
  list.insert(list.end(), words.begin(), words.end());
}

/// Whole lines: those that end in a backslash go on in the next one; comments inside are skipped.
std::vector<std::string> logical_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::string open;
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    if (line.starts_with('#') || line.starts_with(';')) continue;
    open += open.empty() ? std::string(line) : " " + std::string(line);
    if (open.ends_with('\\')) {
      open.pop_back();
      continue;
    }
    lines.push_back(std::exchange(open, ""));
  }
  if (!open.empty()) lines.push_back(open);
  return lines;
}

/// "KEY=VALUE" lines of one section, white space around both taken away.
template <typename Visit>
void for_each_setting(std::string_view text, std::string_view section, Visit visit) {
  bool inside = false;
  for (const auto& line : logical_lines(text)) {
    if (line.starts_with('[')) {
      inside =
          line.size() == section.size() + 2 && line.ends_with(']') && line.compare(1, section.size(), section) == 0;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == std::string::npos) continue;
    visit(trim(std::string_view(line).substr(0, equals)), trim(std::string_view(line).substr(equals + 1)));
  }
}

/// The drop-ins of one unit name, in the order in which systemd reads them: by file name, /etc before /usr/lib.
std::map<std::string, std::string> drop_ins(const RootDir& root, const std::string& unit) {
  std::map<std::string, std::string> paths;
  for (const auto folder : kFolders) {
    const std::string drop_in_folder = fmt::format("{}/{}.d", folder, unit);
    for (const auto& name : root.list(drop_in_folder)) {
      if (name.ends_with(".conf")) paths.try_emplace(name, drop_in_folder + "/" + name);
    }
  }
  return paths;
}

/// Whose drop-ins a unit has, after systemd.unit(5): its own; of a template also its instances'; of "a-b.service" also
/// "a-.service"; and the type's, "service".
std::set<std::string> drop_in_owners(const RootDir& root, const UnitName& name) {
  std::set<std::string> owners{name.text(), name.suffix.substr(1)};
  if (name.is_instance()) owners.insert(name.with_instance("").text());
  for (auto dash = name.prefix.find('-'); dash != std::string::npos; dash = name.prefix.find('-', dash + 1))
    owners.insert(name.prefix.substr(0, dash + 1) + name.suffix);
  if (!name.is_template()) return owners;
  constexpr std::string_view kEnd = ".d";
  for (const auto folder : kFolders) {
    for (const auto& entry : root.list(folder)) {
      if (entry.starts_with(name.prefix + "@") && entry.ends_with(name.suffix + std::string(kEnd)))
        owners.insert(entry.substr(0, entry.size() - kEnd.size()));
    }
  }
  return owners;
}

InstallSection read_install(const RootDir& root, const UnitName& name, const std::string& path) {
  InstallSection section;
  parse_install_section(root.read(path, mebibytes(1)), section);
  auto further = drop_ins(root, name.text());
  if (name.is_instance()) further.merge(drop_ins(root, name.with_instance("").text()));
  for (const auto& [file, drop_in] : further) {
    if (const auto text = root.find_text(drop_in, mebibytes(1))) parse_install_section(*text, section);
  }
  return section;
}

struct Found {
  std::string path;
  struct stat status;
};

std::optional<Found> find_file(const RootDir& root, const std::string& name) {
  for (const auto folder : kFolders) {
    std::string path = fmt::format("{}/{}", folder, name);
    if (const auto status = root.status(path)) return Found{std::move(path), *status};
  }
  return std::nullopt;
}

[[noreturn]] void refuse_masked(const UnitName& name, const std::string& path) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot use unit '{}': it is masked by '{}'", name.text(), path),
              "remove the mask, or leave the unit out");
}

enum class Masked { Refused, Absent };

std::optional<Unit> find_by_file(const RootDir& root, UnitName name, Masked masked) {
  const auto mask = [&](const std::string& path) -> std::optional<Unit> {
    if (masked == Masked::Refused) refuse_masked(name, path);
    return std::nullopt;
  };
  for (int i = 0; i < kLongestChain; ++i) {
    auto found = find_file(root, name.text());
    if (!found && name.is_instance()) found = find_file(root, name.with_instance("").text());
    if (!found) return std::nullopt;
    if (!S_ISLNK(found->status.st_mode)) {
      if (found->status.st_size == 0) return mask(found->path);
      return Unit{name, found->path, read_install(root, name, found->path)};
    }
    const std::string target = root.read_link(found->path);
    if (target == "/dev/null") return mask(found->path);
    UnitName next = parse_unit_name(name_of(target));
    if (next.is_template() && name.is_instance()) next = next.with_instance(*name.instance);
    if (next.text() == name.text()) {  // linked from elsewhere under its own name
      if (!root.exists(found->path)) return std::nullopt;
      return Unit{name, found->path, read_install(root, name, found->path)};
    }
    name = std::move(next);
  }
  throw Error(ErrorKind::BadInput, fmt::format("cannot use unit '{}': its aliases go in a circle", name.text()));
}

/// "sshd" on Debian is no file until ssh.service is enabled; its Alias= declares the name.
std::optional<Unit> find_by_declared_alias(const RootDir& root, const UnitName& name) {
  const std::string wanted = name.text();
  for (const auto& candidate : unit_names(root)) {
    const auto found = find_file(root, candidate);
    if (!found || !S_ISREG(found->status.st_mode) || found->status.st_size == 0) continue;
    const UnitName candidate_name = parse_unit_name(candidate);
    InstallSection install = read_install(root, candidate_name, found->path);
    if (std::find(install.alias.begin(), install.alias.end(), wanted) == install.alias.end()) continue;
    return Unit{candidate_name, found->path, std::move(install)};
  }
  return std::nullopt;
}

}  // namespace

std::string UnitName::text() const { return prefix + (instance ? "@" + *instance : "") + suffix; }

UnitName UnitName::with_instance(std::string_view other) const { return {prefix, std::string(other), suffix}; }

UnitName parse_unit_name(std::string_view text) {
  const bool bad = std::any_of(text.begin(), text.end(),
                               [](char c) { return c == '/' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (text.empty() || bad || text.size() > kLongestName || text.starts_with('@') || text.starts_with('.')) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}' as the name of a unit", text),
                "write a name like 'containerd' or 'fstrim.timer'");
  }
  std::string whole(text);
  if (!has_suffix(whole)) whole += ".service";
  const auto dot = whole.rfind('.');
  UnitName name{whole.substr(0, dot), std::nullopt, whole.substr(dot)};
  const auto at = name.prefix.find('@');
  if (at == std::string::npos) return name;
  name.instance = name.prefix.substr(at + 1);
  name.prefix.resize(at);
  return name;
}

bool InstallSection::empty() const {
  return wanted_by.empty() && required_by.empty() && upheld_by.empty() && alias.empty() && also.empty();
}

void parse_install_section(std::string_view text, InstallSection& section) {
  for_each_setting(text, "Install", [&](std::string_view key, std::string_view value) {
    if (key == "WantedBy") assign(section.wanted_by, value);
    if (key == "RequiredBy") assign(section.required_by, value);
    if (key == "UpheldBy") assign(section.upheld_by, value);
    if (key == "Alias") assign(section.alias, value);
    if (key == "Also") assign(section.also, value);
    if (key == "DefaultInstance") section.default_instance = value;
  });
}

std::optional<Unit> find_unit(const RootDir& root, const UnitName& name) {
  if (auto unit = find_by_file(root, name, Masked::Refused)) return unit;
  return find_by_declared_alias(root, name);
}

std::optional<Unit> find_unmasked_unit(const RootDir& root, const UnitName& name) {
  return find_by_file(root, name, Masked::Absent);
}

std::set<std::string, std::less<>> unit_settings(const RootDir& root, const Unit& unit, const SettingsQuery& query) {
  std::set<std::string, std::less<>> names;
  const auto add = [&](std::string_view text) {
    for_each_setting(text, query.section, [&](std::string_view key, std::string_view) { names.emplace(key); });
  };
  add(root.read(unit.path, mebibytes(1)));
  for (const auto& owner : drop_in_owners(root, unit.name)) {
    for (const auto& [file, path] : drop_ins(root, owner)) {
      if (file == query.without_drop_in) continue;
      if (const auto text = root.find_text(path, mebibytes(1))) add(*text);
    }
  }
  return names;
}

std::vector<std::string> unit_names(const RootDir& root) {
  std::vector<std::string> names;
  for (const auto folder : kFolders) {
    for (auto& name : root.list(folder)) {
      if (has_suffix(name)) names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string expand_specifiers(std::string_view text, const UnitName& name) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      result += text[i];
      continue;
    }
    const char specifier = text[++i];
    const auto instance = name.instance.value_or("");
    switch (specifier) {
      case 'i':
      case 'I':
        result += instance;
        break;
      case 'j':
        result += name.prefix.substr(name.prefix.rfind('-') + 1);
        break;
      case 'n':
        result += name.text();
        break;
      case 'N':
        result += name.prefix + (name.instance ? "@" + instance : "");
        break;
      case 'p':
      case 'P':
        result += name.prefix;
        break;
      case '%':
        result += '%';
        break;
      default:
        result += {'%', specifier};
    }
  }
  return result;
}

}  // namespace keelson::os
