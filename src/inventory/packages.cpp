#include "inventory/packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "formats/deb822/stanza.h"
#include "inventory/package_status.h"

namespace keelson::inventory {

namespace {

constexpr std::size_t kMostPackages = 200'000;  // all of Debian is 70,000

// "glibc (2.41-12)" has a version of its own; "glibc" and nothing do not.
void read_source(std::string_view field, Package& package) {
  package.source = package.name;
  package.source_version = package.version;
  const std::size_t space = field.find(' ');
  if (const auto name = field.substr(0, space); !name.empty()) package.source = name;
  if (space == std::string_view::npos) return;
  const auto version = trim(field.substr(space));
  if (version.size() > 2 && version.front() == '(' && version.back() == ')')
    package.source_version = version.substr(1, version.size() - 2);
}

std::uint64_t size_of(std::string_view field) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), size);
  return error == std::errc() && end == field.data() + field.size() ? size : 0;
}

std::string joined(std::string_view first, std::string_view second) {
  return fmt::format("{}{}{}", first, first.empty() || second.empty() ? "" : ", ", second);
}

Package package_of(const deb822::Stanza& stanza) {
  Package package{.name = std::string(stanza.find("Package")),
                  .version = std::string(stanza.find("Version")),
                  .architecture = std::string(stanza.find("Architecture")),
                  .source = {},
                  .source_version = {},
                  .section = std::string(stanza.find("Section")),
                  .maintainer = std::string(stanza.find("Maintainer")),
                  .homepage = std::string(stanza.find("Homepage")),
                  .summary = {},
                  .installed_size = size_of(stanza.find("Installed-Size")),
                  .essential = stanza.find("Essential") == "yes",
                  .depends = joined(stanza.find("Pre-Depends"), stanza.find("Depends")),
                  .provides = std::string(stanza.find("Provides"))};
  const std::string_view description = stanza.find("Description");
  package.summary = trim(description.substr(0, description.find('\n')));
  read_source(stanza.find("Source"), package);
  return package;
}

}  // namespace

bool is_installed(std::string_view status) {
  return status.ends_with(" installed") || status.ends_with(" triggers-pending") ||
         status.ends_with(" triggers-awaited");
}

std::vector<Package> read_dpkg_status(std::string_view status) {
  std::vector<Package> packages;
  deb822::parse_stanzas(status, "dpkg's status file", [&](const deb822::Stanza& stanza) {
    // Files of status.d have no Status: all of them are installed.
    const std::string_view state = stanza.find("Status");
    if (stanza.fields().empty() || (!state.empty() && !is_installed(state))) return;
    if (stanza.find("Package").empty() || stanza.find("Version").empty())
      throw Error(ErrorKind::BadInput, "cannot read dpkg's status: a package has no name or no version");
    if (packages.size() == kMostPackages)
      throw Error(ErrorKind::BadInput, "cannot read dpkg's status: there are more than 200,000 packages");
    packages.push_back(package_of(stanza));
  });
  const auto order = [](const Package& package) { return std::tie(package.name, package.architecture); };
  std::sort(packages.begin(), packages.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return packages;
}

}  // namespace keelson::inventory
