#include "inventory/package_changes.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "packages/deb/version.h"

namespace keelson::inventory {

namespace {

using Key = std::pair<std::string, std::string>;  // name, architecture
using Versions = std::map<Key, std::vector<const Package*>>;

bool tells_architectures(std::span<const Package> packages) {
  return std::all_of(packages.begin(), packages.end(),
                     [](const Package& package) { return !package.architecture.empty(); });
}

Versions by_key(std::span<const Package> packages, bool with_architecture) {
  Versions versions;
  for (const auto& package : packages)
    versions[{package.name, with_architecture ? package.architecture : ""}].push_back(&package);
  return versions;
}

bool is_later(std::string_view a, std::string_view b, PackageFamily family) {
  return family == PackageFamily::Rpm ? compare_rpm_versions(a, b) > 0 : deb::compare_versions(a, b) > 0;
}

// `rpm -qa` prints no epochs: beside a list that has them, they do not count.
bool lacks_epochs(std::span<const Package> packages) {
  return std::none_of(packages.begin(), packages.end(),
                      [](const Package& package) { return package.version.find(':') != std::string::npos; });
}

std::string_view comparable(std::string_view version, bool with_epoch) {
  return with_epoch ? version : version.substr(version.find(':') + 1);  // npos + 1 is 0
}

// What only one of two lists of one package has.
std::vector<const Package*> only_in(const std::vector<const Package*>& here, const std::vector<const Package*>& there,
                                    bool with_epoch) {
  std::vector<const Package*> result;
  for (const auto* package : here) {
    const bool is_there = std::any_of(there.begin(), there.end(), [&](const Package* other) {
      return comparable(other->version, with_epoch) == comparable(package->version, with_epoch);
    });
    if (!is_there) result.push_back(package);
  }
  return result;
}

void put_changes(const Key& key, std::vector<const Package*> gone, std::vector<const Package*> come,
                 PackageFamily family, bool with_epoch, std::vector<PackageChange>& changes) {
  const auto put = [&](PackageChangeKind kind, const Package* before, const Package* after) {
    changes.push_back({.kind = kind,
                       .name = key.first,
                       .architecture = key.second,
                       .old_version = before == nullptr ? "" : before->version,
                       .new_version = after == nullptr ? "" : after->version,
                       .source = (after == nullptr ? before : after)->source});
  };
  const std::size_t changed = std::min(gone.size(), come.size());
  for (std::size_t i = 0; i < changed; ++i) {
    const bool later =
        is_later(comparable(come[i]->version, with_epoch), comparable(gone[i]->version, with_epoch), family);
    put(later ? PackageChangeKind::Upgraded : PackageChangeKind::Downgraded, gone[i], come[i]);
  }
  for (std::size_t i = changed; i < gone.size(); ++i) put(PackageChangeKind::Removed, gone[i], nullptr);
  for (std::size_t i = changed; i < come.size(); ++i) put(PackageChangeKind::Added, nullptr, come[i]);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view take(std::string_view& text, bool (*wanted)(char)) {
  const auto end = std::find_if_not(text.begin(), text.end(), wanted);
  const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

int sign(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }

int compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return sign(a.compare(b));
}

// One segment of letters or digits after the other; "~" sorts before the end, "^" after it.
int compare_segments(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const auto is_apart = [](char c) { return !is_digit(c) && !is_letter(c) && c != '~' && c != '^'; };
    take(a, is_apart);
    take(b, is_apart);
    const char first_a = a.empty() ? '\0' : a.front(), first_b = b.empty() ? '\0' : b.front();
    if (first_a == '~' || first_b == '~') {
      if (first_a != first_b) return first_a == '~' ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    if (first_a == '^' || first_b == '^') {
      if (first_a != '^') return a.empty() ? -1 : 1;
      if (first_b != '^') return b.empty() ? 1 : -1;
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    if (a.empty() || b.empty()) return a.empty() ? (b.empty() ? 0 : -1) : 1;
    if (is_digit(first_a) != is_digit(first_b)) return is_digit(first_a) ? 1 : -1;  // a number is the later one
    const bool numbers = is_digit(first_a);
    const auto part_a = take(a, numbers ? is_digit : is_letter), part_b = take(b, numbers ? is_digit : is_letter);
    const int order = numbers ? compare_numbers(part_a, part_b) : sign(part_a.compare(part_b));
    if (order != 0) return order;
  }
  return 0;
}

struct RpmVersion {
  std::string_view epoch = "0";
  std::string_view version;
  std::string_view release;
};

RpmVersion parse_rpm(std::string_view text) {
  RpmVersion result;
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    result.epoch = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  const auto hyphen = text.rfind('-');
  result.version = text.substr(0, hyphen);
  if (hyphen != std::string_view::npos) result.release = text.substr(hyphen + 1);
  return result;
}

}  // namespace

int compare_rpm_versions(std::string_view a, std::string_view b) {
  const RpmVersion first = parse_rpm(a), second = parse_rpm(b);
  if (const int order = compare_segments(first.epoch, second.epoch)) return order;
  if (const int order = compare_segments(first.version, second.version)) return order;
  return compare_segments(first.release, second.release);
}

std::vector<PackageChange> package_changes(std::span<const Package> before, std::span<const Package> after,
                                           PackageFamily family) {
  const bool with_architecture = tells_architectures(before) && tells_architectures(after);
  const bool with_epoch = family == PackageFamily::Deb || lacks_epochs(before) == lacks_epochs(after);
  const Versions old_ones = by_key(before, with_architecture), new_ones = by_key(after, with_architecture);
  std::set<Key> keys;
  for (const auto& [key, packages] : old_ones) keys.insert(key);
  for (const auto& [key, packages] : new_ones) keys.insert(key);
  std::vector<PackageChange> changes;
  const std::vector<const Package*> none;
  for (const auto& key : keys) {
    const auto was = old_ones.find(key), is = new_ones.find(key);
    const auto& gone = was == old_ones.end() ? none : was->second;
    const auto& come = is == new_ones.end() ? none : is->second;
    put_changes(key, only_in(gone, come, with_epoch), only_in(come, gone, with_epoch), family, with_epoch, changes);
  }
  return changes;
}

std::string_view name_of(PackageChangeKind kind) {
  switch (kind) {
    case PackageChangeKind::Added:
      return "added";
    case PackageChangeKind::Removed:
      return "removed";
    case PackageChangeKind::Upgraded:
      return "upgraded";
    case PackageChangeKind::Downgraded:
      return "downgraded";
  }
  return "";
}

}  // namespace keelson::inventory
