#include "inspect/diff/package_files.h"

#include "base/error.h"
#include "base/text.h"
#include "inspect/installed_packages.h"
#include "inventory/rpm_package.h"

namespace keelson::inspect {

namespace {

constexpr std::string_view kFolder = "/var/lib/dpkg/info";
constexpr std::string_view kEnding = ".list";
constexpr std::size_t kMostNames = 10'000'000;
constexpr ByteCount kLargestList = mebibytes(64);

}  // namespace

PackageFiles::PackageFiles(const SystemFiles& files) {
  for (const auto& name : files.list(kFolder)) {
    if (!name.ends_with(kEnding)) continue;
    const std::string stem = name.substr(0, name.size() - kEnding.size());
    const std::string package = stem.substr(0, stem.find(':'));  // "libc6:amd64"
    const std::string text = files.text(std::string(kFolder) + "/" + name, kLargestList).value_or("");
    for (const auto line : split(text, '\n')) {
      if (!line.empty()) owners_.insert_or_assign(std::string(line), package);
    }
    if (owners_.size() <= kMostNames) continue;
    files.note("dpkg's lists name more than 10,000,000 files: the rest is left out");
    return;
  }
  if (owners_.empty()) read_rpm(files);
}

void PackageFiles::read_rpm(const SystemFiles& files) {
  try {
    auto database = find_rpm_database(files);
    if (!database) return;
    database->visit([&](const rpmdb::Header& header) {
      const std::string package(header.text(rpmdb::Tag::Name));
      inventory::visit_rpm_files(header, [&](const inventory::RpmFile& file) {
        if (owners_.size() < kMostNames) owners_.insert_or_assign(file.path, package);
      });
    });
    if (owners_.size() >= kMostNames) files.note("RPM's database names 10,000,000 files or more: the rest is left out");
  } catch (const Error& error) {
    files.note(error.message());
  }
}

std::string_view PackageFiles::owner_of(std::string_view path) const {
  auto found = owners_.find(std::string(path));
  // Packages from before /bin, /lib and /sbin became links into /usr name their files there.
  if (found == owners_.end() && path.starts_with("/usr/")) found = owners_.find(std::string(path.substr(4)));
  return found == owners_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace keelson::inspect
