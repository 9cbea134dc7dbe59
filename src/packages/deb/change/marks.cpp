#include "packages/deb/change/marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "formats/deb822/stanza.h"

namespace keelson::deb {

namespace {

bool contains(const std::vector<std::string>& sorted, std::string_view name) {
  return std::binary_search(sorted.begin(), sorted.end(), name, std::less<>());
}

}  // namespace

std::string changed_marks(std::string_view extended_states, const PackageChange& change) {
  std::set<std::string, std::less<>> came_along;  // new, and nobody asked for them
  for (const auto& package : change.install) {
    const bool was_there = change.old_versions.count(package.name) != 0 && !contains(change.remove, package.name);
    if (!was_there && !package.requested && !package.essential) came_along.insert(package.name);
  }
  std::string text;
  deb822::parse_stanzas(extended_states, "apt's extended_states", [&](const deb822::Stanza& stanza) {
    const auto name = stanza.find("Package");
    const auto architecture = stanza.find("Architecture");
    const bool own = architecture.empty() || architecture == change.architecture || architecture == "all";
    if (own && (contains(change.remove, name) || contains(change.asked_for, name) || came_along.count(name) != 0))
      return;
    for (const auto& field : stanza.fields()) text += fmt::format("{}: {}\n", field.name, field.value);
    text += "\n";
  });
  for (const auto& name : came_along)
    text += fmt::format("Package: {}\nArchitecture: {}\nAuto-Installed: 1\n\n", name, change.architecture);
  return text;
}

}  // namespace keelson::deb
