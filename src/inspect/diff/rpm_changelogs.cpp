#include "inspect/diff/rpm_changelogs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "inspect/installed_packages.h"
#include "inventory/package_changes.h"
#include "inventory/rpm_package.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostEntries = 20;
constexpr std::size_t kMostKept = 200;  // per package: years of it
constexpr std::size_t kMostText = 4096;

std::string_view without_epoch(std::string_view version) {
  const auto colon = version.find(':');
  return colon == std::string_view::npos ? version : version.substr(colon + 1);
}

}  // namespace

std::string_view version_in_rpm_heading(std::string_view author) {
  const auto words = split_words(author);
  if (words.empty()) return {};
  auto last = words.back();
  while (last.starts_with('-') || last.starts_with('[')) last.remove_prefix(1);
  if (last.ends_with(']')) last.remove_suffix(1);
  last = without_epoch(last);
  const bool is_version = !last.empty() && last.front() >= '0' && last.front() <= '9' &&
                          last.find_first_of("<>@") == std::string_view::npos &&
                          last.find('-') != std::string_view::npos;
  return is_version ? last : std::string_view();
}

RpmChangelogs::RpmChangelogs(const SystemFiles& files, const std::set<std::string>& packages) {
  if (packages.empty()) return;
  try {
    auto database = find_rpm_database(files);
    if (!database) return;
    database->visit([&](const rpmdb::Header& header) {
      const std::string name(header.text(rpmdb::Tag::Name));
      if (!packages.contains(name)) return;
      auto& entries = changelogs_[name];
      entries.clear();
      for (const auto& change : inventory::rpm_changelog(header)) {
        if (entries.size() == kMostKept) break;
        entries.push_back({change.time, std::string(change.author), std::string(change.text.substr(0, kMostText))});
      }
    });
  } catch (const Error& error) {
    files.note(error.message());
  }
}

std::vector<ChangelogEntry> RpmChangelogs::entries(const std::string& package, const RpmChangelogs* other,
                                                   std::string_view after) const {
  std::vector<ChangelogEntry> result;
  const auto found = changelogs_.find(package);
  if (found == changelogs_.end()) return result;
  std::set<Entry> known;
  if (other != nullptr && other->changelogs_.contains(package)) {
    const auto& entries = other->changelogs_.at(package);
    known.insert(entries.begin(), entries.end());
  }
  std::string version;  // entries of one version may stand under several headings, of which the first has it
  for (const auto& entry : found->second) {
    const auto said = version_in_rpm_heading(entry.author);
    if (!said.empty()) version = said;
    if (known.contains(entry) || result.size() == kMostEntries) break;
    if (!said.empty() && inventory::compare_rpm_versions(said, without_epoch(after)) <= 0) break;
    result.push_back({harmless_text(version), harmless_text(trim(std::string_view(entry.text)))});
  }
  return result;
}

}  // namespace keelson::inspect
