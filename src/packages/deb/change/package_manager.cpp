#include "packages/deb/change/package_manager.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kLists = "var/lib/dpkg/info";

// By name, and by how names begin: libraries carry their ABI in theirs.
constexpr auto kPackages = std::to_array<std::string_view>(
    {"apt", "apt-config-auto-update", "apt-listchanges", "apt-transport-https", "apt-utils", "aptitude",
     "aptitude-common", "dpkg", "nala", "needrestart", "python3-apt", "python-apt-common", "synaptic", "tasksel",
     "tasksel-data", "unattended-upgrades"});
constexpr auto kLibraries = std::to_array<std::string_view>({"libapt-pkg", "libapt-inst"});
constexpr auto kFolders = std::to_array<std::string_view>(
    {"etc/apt", "etc/dpkg", "var/cache/apt", "var/lib/apt", "var/lib/dpkg", "var/lib/unattended-upgrades"});

bool belongs_to_it(std::string_view package) {
  return std::find(kPackages.begin(), kPackages.end(), package) != kPackages.end() ||
         std::any_of(kLibraries.begin(), kLibraries.end(), [&](auto prefix) { return package.starts_with(prefix); });
}

// "usr/bin/dpkg" whether or not the list was written before /usr was merged.
std::string in_merged_usr(const RootDir& root, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  for (const std::string_view top : {"bin", "sbin", "lib"}) {
    if (!path.starts_with(std::string(top) + "/")) continue;
    const auto status = root.status(top);
    if (status && S_ISLNK(status->st_mode)) return "usr/" + std::string(path);
  }
  return std::string(path);
}

struct Files {
  std::set<std::string> its;     ///< of the package manager
  std::set<std::string> others;  ///< of every other package
};

Files files_of_packages(const RootDir& root) {
  Files files;
  for (const auto& name : root.list(kLists)) {
    if (!name.ends_with(".list")) continue;
    const std::string_view package = std::string_view(name).substr(0, name.find_first_of(":", 0));
    const bool its = belongs_to_it(package.ends_with(".list") ? package.substr(0, package.size() - 5) : package);
    const std::string text = root.read(std::string(kLists) + "/" + name);
    for (const auto line : split(text, '\n')) {
      if (line.size() > 1) (its ? files.its : files.others).insert(in_merged_usr(root, line));
    }
  }
  return files;
}

// Links in *.wants and the like that start a unit which is gone.
void remove_links_to(const RootDir& root, const std::set<std::string>& units) {
  const std::string folder = "etc/systemd/system";
  for (const auto& name : root.list(folder)) {
    const std::string path = folder + "/" + name;
    const auto status = root.status(path);
    if (status && S_ISLNK(status->st_mode) && units.contains(name)) root.remove(path);
    if (!status || !S_ISDIR(status->st_mode)) continue;
    for (const auto& inner : root.list(path)) {
      const auto link = root.status(path + "/" + inner);
      if (link && S_ISLNK(link->st_mode) && units.contains(inner)) root.remove(path + "/" + inner);
    }
  }
}

}  // namespace

void remove_package_manager(const RootDir& root) {
  if (!root.exists("var/lib/dpkg/status")) {
    throw Error(ErrorKind::BadInput, "cannot remove the package manager: the image has no dpkg",
                "remove os.packages.removePackageManager from the recipe");
  }
  const Files files = files_of_packages(root);
  std::set<std::string> units;
  for (const auto& path : files.its) {
    if (files.others.contains(path)) continue;
    const auto status = root.status(path);
    if (!status || S_ISDIR(status->st_mode)) continue;
    if (path.find("/systemd/system/") != std::string::npos) units.insert(path.substr(path.rfind('/') + 1));
    root.remove(path);
  }
  remove_links_to(root, units);
  for (const auto folder : kFolders) {
    const auto status = root.status(folder);
    if (!status || !S_ISDIR(status->st_mode)) continue;
    root.clear_folder(folder);
    root.remove(folder);
  }
}

}  // namespace keelson::deb
