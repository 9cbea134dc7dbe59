#include "inspect/installed_packages.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::inspect {

namespace {

constexpr ByteCount kLargestStatus = mebibytes(256);

}  // namespace

inventory::SystemReader reader_of(const SystemFiles& files) {
  const auto text = [&files](std::string_view path, ByteCount limit) -> std::optional<std::string> {
    const auto place = files.find(path);
    if (!place) return std::nullopt;
    if (place->node.type != NodeType::File || place->node.size > limit)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read '{}': it is no file of at most {}", path, human_size(limit)));
    return files.text(path, limit);
  };
  return {.text = text, .names = [&files](std::string_view path) { return files.list(path); }};
}

std::optional<inventory::RpmDatabase> find_rpm_database(const SystemFiles& files) {
  auto database = inventory::RpmDatabase::find(reader_of(files));
  if (!database) return std::nullopt;
  for (const auto& note : database->notes()) files.note(note);
  return database;
}

std::optional<inventory::PackageList> find_packages(const SystemFiles& files) {
  std::optional<inventory::PackageList> list;
  if (const auto status = files.text("/var/lib/dpkg/status", kLargestStatus))
    list = inventory::PackageList{.packages = inventory::read_dpkg_status(*status)};
  if (list && !list->packages.empty()) return list;
  if (auto database = find_rpm_database(files))
    return inventory::PackageList{.family = inventory::PackageFamily::Rpm, .packages = database->packages()};
  return list;
}

}  // namespace keelson::inspect
