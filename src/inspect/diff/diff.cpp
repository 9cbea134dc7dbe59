#include "inspect/diff/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "inspect/diff/changelog.h"
#include "inspect/diff/fact_changes.h"
#include "inspect/diff/file_changes.h"
#include "inspect/diff/noise.h"
#include "inspect/diff/package_files.h"
#include "inspect/diff/rpm_changelogs.h"
#include "inspect/fact_document.h"
#include "inspect/file_list.h"
#include "inspect/inspect.h"
#include "inspect/installed_packages.h"
#include "inspect/open_system.h"
#include "inventory/package_changes.h"
#include "inventory/package_list.h"
#include "sys/file.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMostListed = 20'000;  // files of one group
constexpr std::ptrdiff_t kManyLabels =
    100;  // from so many on, files with another label and nothing else are only counted

/// One of the two, with as much as it can tell.
struct Side {
  std::string name;
  std::string kind;  // "system", "facts", "packages"
  json facts;        // null: none
  std::optional<inventory::PackageList> packages;
  std::unique_ptr<OpenedSystem> system;
};

inventory::PackageList packages_of(const json& facts) {
  inventory::PackageList list;
  if (!facts.contains("packages") || !facts["packages"].contains("versions")) return list;
  for (const auto& [name, version] : facts["packages"]["versions"].items()) {
    if (!version.is_string()) continue;
    inventory::Package package;
    package.name = name.substr(0, name.find(':'));  // "libc6:i386"
    if (package.name != name) package.architecture = name.substr(package.name.size() + 1);
    package.version = version.get<std::string>();
    package.source = name;
    list.packages.push_back(std::move(package));
  }
  return list;
}

void read_document(const std::string& text, Side& side) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos || text[begin] != '{') {
    side.kind = "packages";
    side.packages = inventory::read_package_list(text, side.name);
    return;
  }
  side.kind = "facts";
  side.facts = parse_fact_document(text, side.name);
  side.packages = packages_of(side.facts);
}

Side read_side(const fs::path& path, std::int64_t now) {
  Side side;
  side.name = harmless_text(path.native());
  if (is_document(path)) {
    read_document(read_file(path, kLargestDocument), side);
    return side;
  }
  side.kind = "system";
  side.system = std::make_unique<OpenedSystem>(path);
  side.facts = inspect(*side.system, Digests::No, now);
  side.packages = find_packages(side.system->files());
  return side;
}

json side_json(const Side& side) {
  json result{{"name", side.name}, {"kind", side.kind}};
  if (side.facts.is_object()) {
    for (const char* part : {"os", "image", "versions"})
      if (side.facts.contains(part)) result[part] = side.facts[part];
  }
  return result;
}

/// What RPM's databases say of the packages that changed; of Debian's the changelogs are files.
struct RpmHistory {
  std::unique_ptr<RpmChangelogs> before, after;  // null: no system, or none of RPM packages

  RpmHistory(const Side& old_side, const Side& new_side, const std::vector<inventory::PackageChange>& changes) {
    std::set<std::string> names;
    for (const auto& change : changes)
      if (!change.old_version.empty() && !change.new_version.empty()) names.insert(change.name);
    const auto of = [&](const Side& side) {
      const bool has = side.system && side.packages && side.packages->family == inventory::PackageFamily::Rpm;
      return has ? std::make_unique<RpmChangelogs>(side.system->files(), names) : nullptr;
    };
    before = of(old_side);
    after = of(new_side);
  }
};

std::vector<ChangelogEntry> changelog_of(const inventory::PackageChange& change, const Side& before, const Side& after,
                                         const RpmHistory& history) {
  // The later one's changelog tells of both.
  const bool rises = change.kind == inventory::PackageChangeKind::Upgraded;
  const Side& later = rises ? after : before;
  if (change.old_version.empty() || change.new_version.empty() || !later.system) return {};
  const auto& from = rises ? change.old_version : change.new_version;
  if (const auto* rpm = (rises ? history.after : history.before).get(); rpm != nullptr)
    return rpm->entries(change.name, (rises ? history.before : history.after).get(), from);
  return entries_between(find_changelog(later.system->files(), change.name), from,
                         rises ? change.new_version : change.old_version);
}

json package_json(const inventory::PackageChange& change, const std::vector<ChangelogEntry>& changelog) {
  json result{{"change", inventory::name_of(change.kind)}, {"name", change.name}};
  if (!change.architecture.empty()) result["architecture"] = change.architecture;
  if (!change.old_version.empty()) result["from"] = change.old_version;
  if (!change.new_version.empty()) result["to"] = change.new_version;
  if (!change.source.empty() && change.source != change.name) result["source"] = change.source;
  json entries = json::array();
  for (const auto& entry : changelog) entries.push_back({{"version", entry.version}, {"text", entry.text}});
  if (!entries.empty()) result["changelog"] = std::move(entries);
  return result;
}

std::string_view kind_name(FileChangeKind kind) {
  if (kind == FileChangeKind::Added) return "added";
  return kind == FileChangeKind::Removed ? "removed" : "changed";
}

json file_json(const FileChange& change) {
  json result{{"change", kind_name(change.kind)}, {"path", harmless_text(change.path)}};
  if (!change.what.empty()) result["what"] = change.what;
  if (!change.details.empty()) result["details"] = change.details;
  if (change.old_size != 0 || change.new_size != 0) result["bytes"] = {change.old_size, change.new_size};
  return result;
}

bool has_only_another_label(const FileChange& change) { return change.what == std::vector<std::string>{"label"}; }

/// Files by what caused their change.
class FileGroups {
 public:
  FileGroups(const Side& before, const Side& after, const std::vector<inventory::PackageChange>& changes)
      : old_owners_(before.system->files()), new_owners_(after.system->files()) {
    for (const auto& change : changes) changed_packages_.insert(change.name);
  }

  void add(const FileChange& change) {
    bytes_ += static_cast<std::int64_t>(change.new_size) - static_cast<std::int64_t>(change.old_size);
    const auto noise =
        sets_labels_aside_ && has_only_another_label(change) ? std::string_view("labels") : noise_of(change);
    if (!noise.empty()) {
      noise_[std::string(noise)] += 1;
      return;
    }
    // A folder's own change says little: what is in it does.
    const auto& owners = change.kind == FileChangeKind::Removed ? old_owners_ : new_owners_;
    const std::string package(owners.owner_of(change.path));
    if (package.empty()) return put(unowned_, change);
    if (changed_packages_.contains(package)) return put(by_package_[package], change);
    put(modified_[package], change);
  }

  /// Another policy labels every file anew: that is one change, not thousands.
  void set_labels_aside() { sets_labels_aside_ = true; }

  bool empty() const { return unowned_.empty() && by_package_.empty() && modified_.empty(); }

  json as_json() const {
    json by_package = json::object(), modified = json::object();
    for (const auto& [package, files] : by_package_) by_package[package] = files;
    for (const auto& [package, files] : modified_) modified[package] = files;
    return {{"byPackage", std::move(by_package)},
            {"modified", std::move(modified)},
            {"unowned", unowned_},
            {"setAside", noise_},
            {"leftOut", left_out_},
            {"bytes", bytes_}};
  }

 private:
  void put(json& group, const FileChange& change) {
    if (group.is_null()) group = json::array();
    if (group.size() < kMostListed) {
      group.push_back(file_json(change));
    } else {
      ++left_out_;
    }
  }

  PackageFiles old_owners_;
  PackageFiles new_owners_;
  std::set<std::string, std::less<>> changed_packages_;
  std::map<std::string, json> by_package_;  // of packages that changed
  std::map<std::string, json> modified_;    // of packages that did not
  json unowned_ = json::array();
  std::map<std::string, std::size_t> noise_;
  bool sets_labels_aside_ = false;
  std::size_t left_out_ = 0;
  std::int64_t bytes_ = 0;
};

json facts_json(const std::vector<FactChange>& changes) {
  json result = json::array();
  for (const auto& change : changes) {
    json row{{"fact", change.path}};
    row[change.is_list ? "removed" : "from"] = change.before;
    row[change.is_list ? "added" : "to"] = change.after;
    if (!change.matters.empty()) row["why"] = change.matters;
    result.push_back(std::move(row));
  }
  return result;
}

}  // namespace

json diff(const DiffRequest& request) {
  const Side before = read_side(request.before, request.now);
  const Side after = read_side(request.after, request.now);
  json result{{"schema", "keelson-diff/1"}, {"before", side_json(before)}, {"after", side_json(after)}};
  json notes = json::array();
  bool same = true;

  std::vector<inventory::PackageChange> packages;
  if (before.packages && after.packages) {
    if (before.packages->family != after.packages->family)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot compare '{}' with '{}': one has Debian's packages, the other RPM's", before.name,
                              after.name));
    packages = inventory::package_changes(before.packages->packages, after.packages->packages, after.packages->family);
    json rows = json::array();
    const RpmHistory history(before, after, packages);
    for (const auto& change : packages)
      rows.push_back(package_json(change, changelog_of(change, before, after, history)));
    same &= rows.empty();
    result["packages"] = std::move(rows);
  }
  if (before.facts.is_object() && after.facts.is_object()) {
    json rows = facts_json(fact_changes(before.facts, after.facts));
    same &= rows.empty();
    result["facts"] = std::move(rows);
  }
  if (before.system && after.system) {
    const auto note = [&](std::string text) {
      if (notes.size() < 100) notes.push_back(std::move(text));
    };
    FileGroups groups(before, after, packages);
    const auto changes =
        file_changes(list_files(before.system->mounts(), note), list_files(after.system->mounts(), note), note);
    if (std::count_if(changes.begin(), changes.end(), has_only_another_label) > kManyLabels) groups.set_labels_aside();
    for (const auto& change : changes) groups.add(change);
    same &= groups.empty();
    result["files"] = groups.as_json();
  }
  result["same"] = same;
  result["notes"] = std::move(notes);
  return result;
}

}  // namespace keelson::inspect
