#include <fmt/format.h>

#include "base/units.h"
#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostPackages = 5000;

std::string source_of(const inventory::Package& package) {
  if (package.source == package.name && package.source_version == package.version) return {};
  return shown(package.source) +
         (package.source_version == package.version ? "" : " " + as_code(package.source_version));
}

std::string size_of(const inventory::Package& package) {
  if (package.installed_size == 0 || package.installed_size > (std::uint64_t{1} << 50)) return {};
  return human_size(kibibytes(package.installed_size));
}

// Of systems whose database is not dpkg's the facts tell names and versions.
std::string by_facts(const nlohmann::json& facts) {
  const auto& versions = fact_at(facts, "/packages/versions");
  if (!versions.is_object() || versions.empty()) return {};
  Table table("Installed packages", {"Package", "Version"});
  for (const auto& [name, version] : versions.items()) {
    if (table.rows() >= kMostPackages) {
      table.left_out(1);
    } else {
      table.row({shown(name), as_code(fact_words(version))});
    }
  }
  return fmt::format("<p>{} installed.</p>\n", counted(versions.size(), "package")) +
         folded("All packages", table.html());
}

}  // namespace

std::string packages_section(const ReportedSystem& system) {
  if (system.packages.empty()) return by_facts(system.facts);
  Table table("Installed packages by name", {"Package", "Version", "Architecture", "Source, where it differs", "Size"});
  for (const auto& package : system.packages) {
    if (table.rows() >= kMostPackages) {
      table.left_out(1);
    } else {
      table.row({shown(package.name), as_code(package.version), shown(package.architecture), source_of(package),
                 size_of(package)});
    }
  }
  return fmt::format("<p>{} installed. Sizes are what the packages themselves say.</p>\n",
                     counted(system.packages.size(), "package")) +
         folded("All packages", table.html());
}

}  // namespace keelson::inspect
