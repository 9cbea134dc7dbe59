#include "packages/deb/install/dpkg_database.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kFolder = "var/lib/dpkg";

std::string info_name(const UnpackedPackage& package, std::string_view file) {
  const std::string qualified =
      package.multi_arch_same ? fmt::format("{}:{}", package.name, package.architecture) : package.name;
  return fmt::format("{}/info/{}.{}", kFolder, qualified, file);
}

bool is_script(std::string_view file) {
  return file == "preinst" || file == "postinst" || file == "prerm" || file == "postrm" || file == "config";
}

// The status paragraph: the control file's own fields, the state, and conffiles that dpkg has yet to put in place.
std::string status_paragraph(const UnpackedPackage& package) {
  const auto control = package.control.find("control");
  if (control == package.control.end()) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot unpack package '{}': it has no control file", package.name));
  }
  std::string text = fmt::format("{}\nStatus: install ok unpacked\n", trim(control->second));
  const auto conffiles = package.control.find("conffiles");
  if (conffiles != package.control.end()) {
    const auto paths = parse_conffiles(conffiles->second);
    if (!paths.empty()) text += "Conffiles:\n";
    for (const auto& path : paths) text += fmt::format(" {} newconffile\n", path);
  }
  return text + "\n";
}

std::string synthetic_paragraph(const SyntheticPackage& package) {
  std::string provides;
  for (const auto& name : package.provides) provides += (provides.empty() ? "" : ", ") + name;
  return fmt::format(
      "Package: {}\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: "
      "Keelson\nArchitecture: all\n"
      "Version: {}\nProvides: {}\nDescription: {}\n\n",
      package.name, package.version, provides, package.description);
}

// Who wants to hear of which trigger: files in one list, named triggers in a file each.
class TriggerInterests {
 public:
  void add(const UnpackedPackage& package) {
    const auto triggers = package.control.find("triggers");
    if (triggers == package.control.end()) return;
    for (const auto raw : split(triggers->second, '\n')) {
      const auto words = split_words(raw.substr(0, raw.find('#')));
      if (words.size() != 2 || !words[0].starts_with("interest")) continue;
      const bool await = !words[0].ends_with("-noawait");
      const std::string who =
          (package.multi_arch_same ? fmt::format("{}:{}", package.name, package.architecture) : package.name) +
          (await ? "" : "/noawait");
      if (words[1].starts_with('/')) {
        files_ += fmt::format("{} {}\n", words[1], who);
      } else {
        named_[std::string(words[1])] += who + "\n";
      }
    }
  }

  void write(const RootDir& root) const {
    root.write(fmt::format("{}/triggers/File", kFolder), files_);
    for (const auto& [name, who] : named_) {
      // deb-triggers(5): a name is printable ASCII; a slash would make it a path.
      if (name.find('/') != std::string::npos)
        throw Error(ErrorKind::BadInput, fmt::format("cannot use trigger '{}': its name holds a slash", name));
      root.write(fmt::format("{}/triggers/{}", kFolder, name), who);
    }
  }

 private:
  std::string files_;
  std::map<std::string, std::string> named_;
};

}  // namespace

std::string control_field(const std::string& control_text, std::string_view field) {
  std::string value;
  bool inside = false;
  for (const auto line : split(control_text, '\n')) {
    if (inside && (line.starts_with(' ') || line.starts_with('\t'))) {
      value += "\n" + std::string(line);
      continue;
    }
    if (inside) break;
    if (line.size() > field.size() && line[field.size()] == ':' && line.starts_with(field)) {
      inside = true;
      value = trim(line.substr(field.size() + 1));
    }
  }
  return value;
}

std::set<std::string> parse_conffiles(std::string_view text) {
  std::set<std::string> paths;
  for (const auto line : split(text, '\n')) {
    const auto path = trim(line);
    if (path.starts_with('/')) paths.insert(std::string(path));
  }
  return paths;
}

void create_dpkg_database(const RootDir& root) {
  for (const std::string_view folder : {"info", "alternatives", "updates", "parts", "triggers"}) {
    root.make_folders(fmt::format("{}/{}", kFolder, folder));
  }
  root.write(fmt::format("{}/info/format", kFolder), "1\n");
  for (const std::string_view file :
       {"available", "diversions", "statoverride", "triggers/File", "triggers/Unincorp", "status"}) {
    root.write(fmt::format("{}/{}", kFolder, file), "");
  }
}

void write_dpkg_database(const RootDir& root, const std::vector<UnpackedPackage>& packages,
                         const std::vector<SyntheticPackage>& synthetic) {
  std::string status;
  TriggerInterests triggers;
  for (const auto& package : packages) {
    std::string list;
    for (const auto& path : package.files) list += path + "\n";
    root.write(info_name(package, "list"), list);
    for (const auto& [file, content] : package.control) {
      if (file == "control") continue;
      root.write(info_name(package, file), content, is_script(file) ? 0755 : 0644);
    }
    status += status_paragraph(package);
    triggers.add(package);
  }
  for (const auto& package : synthetic) {
    root.write(fmt::format("{}/info/{}.list", kFolder, package.name), "/.\n");
    status += synthetic_paragraph(package);
  }
  triggers.write(root);
  root.write(fmt::format("{}/status", kFolder), status);
}

}  // namespace keelson::deb
