#include "inventory/collect_bill.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "inventory/dependencies.h"
#include "inventory/rpm_database.h"
#include "inventory/rpm_license.h"

namespace keelson::inventory {

namespace {

constexpr ByteCount kLargestStatus = mebibytes(256);  // all of Debian's descriptions are 60 MB
constexpr ByteCount kLargestRelease = mebibytes(1);
constexpr std::size_t kMostStatusFiles = 10'000;

// os.sbom puts one there. It is named, not read: it may be of other packages than those that are there now.
std::string where_else(const SystemReader& system) {
  for (const auto& name : system.names("/usr/share/sbom")) {
    if (name == "image.spdx.json" || name == "image.cdx.json")
      return fmt::format("its build left a bill of materials inside: /usr/share/sbom/{}", name);
  }
  return "an image whose recipe removes the package manager has its bill of materials beside it, from its build";
}

// dpkg's database; or, as small container images have it, a folder with a file for each package.
std::string read_status(const SystemReader& system) {
  if (auto status = system.text("/var/lib/dpkg/status", kLargestStatus)) return *status;
  std::string status;
  const auto names = system.names("/var/lib/dpkg/status.d");
  if (names.size() > kMostStatusFiles)
    throw Error(ErrorKind::BadInput, "cannot read dpkg's status: there are more than 10,000 files in status.d");
  for (const auto& name : names) {
    if (name.ends_with(".md5sums")) continue;
    if (const auto text = system.text("/var/lib/dpkg/status.d/" + name, mebibytes(1))) status += *text + "\n\n";
    if (status.size() > kLargestStatus.value)
      throw Error(ErrorKind::BadInput, "cannot read dpkg's status: it is too large");
  }
  return status;
}

// dpkg's, or else RPM's: a system of one family may have tools, and an empty database, of the other.
std::vector<Package> packages_of(const SystemReader& system) {
  const std::string status = read_status(system);
  auto packages = read_dpkg_status(status);
  if (!packages.empty()) return packages;
  if (auto database = RpmDatabase::find(system)) return database->packages();
  if (!status.empty()) return packages;
  throw Error(ErrorKind::NotFound, "cannot list the packages: the system has no database of dpkg or RPM",
              where_else(system));
}

// Policy 5.6.7: what can be a package's name is safe as a path's part, too.
bool is_package_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

PackageLicense license_of(const Package& package, const SystemReader& system) {
  if (package.family == PackageFamily::Rpm) return read_rpm_license(package.license);
  if (!is_package_name(package.name))
    return {.expression = {}, .note = "the package's name is not allowed", .extracted = {}};
  try {
    const auto text =
        system.text(fmt::format("/usr/share/doc/{}/copyright", package.name), {std::uint64_t{kLargestCopyright}});
    if (text) return read_copyright(*text);
    return {.expression = {}, .note = "there is no copyright file", .extracted = {}};
  } catch (const Error&) {
    return {.expression = {}, .note = "the copyright file cannot be read", .extracted = {}};
  }
}

// Double or single quotes around the whole value; os-release(5) allows escapes, which these values do not need.
std::string unquoted(std::string_view value) {
  value = trim(value);
  const bool quoted =
      value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
  return std::string(quoted ? value.substr(1, value.size() - 2) : value);
}

SystemRelease release_of(const SystemReader& system) {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    if (const auto text = system.text(path, kLargestRelease)) return read_system_release(*text);
  }
  return {};
}

}  // namespace

SystemRelease read_system_release(std::string_view text) {
  SystemRelease release;
  const auto keep = [](std::string& to, std::string_view value) { to = unquoted(value).substr(0, 256); };
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = trim(line.substr(0, equals));
    const auto value = line.substr(equals + 1);
    if (key == "ID") keep(release.distribution.id, value);
    if (key == "VERSION_ID") keep(release.distribution.version, value);
    if (key == "VERSION_CODENAME") keep(release.distribution.codename, value);
    if (key == "PRETTY_NAME") keep(release.distribution.name, value);
    if (key == "IMAGE_ID") keep(release.image_id, value);
    if (key == "IMAGE_VERSION") keep(release.image_version, value);
  }
  return release;
}

Bill collect_bill(const SystemReader& system) {
  auto packages = packages_of(system);
  auto needed = resolve_dependencies(packages);
  const SystemRelease release = release_of(system);
  Bill bill;
  const bool has_image = !release.image_id.empty();
  bill.name = has_image ? release.image_id : release.distribution.id.empty() ? "system" : release.distribution.id;
  bill.version = has_image ? release.image_version : release.distribution.version;
  bill.distribution = release.distribution;
  bill.packages.reserve(packages.size());
  for (std::size_t i = 0; i < packages.size(); ++i) {
    PackageLicense license = license_of(packages[i], system);
    bill.packages.push_back({.package = std::move(packages[i]),
                             .license = std::move(license),
                             .depends_on = std::move(needed[i]),
                             .archive = {}});
  }
  return bill;
}

}  // namespace keelson::inventory
