#include "inspect/sbom.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/base_disk.h"
#include "image/digest.h"
#include "inspect/folder_files.h"
#include "inspect/read_only_disk.h"
#include "inspect/system_files.h"
#include "inventory/collect_bill.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> whole_text(const SystemFiles& files, std::string_view path, ByteCount limit) {
  const auto place = files.find(path);
  if (!place) return std::nullopt;
  if (place->node.type != NodeType::File || place->node.size > limit)
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}': it is no file of at most {}", path, human_size(limit)));
  return files.text(path, limit);
}

inventory::Bill bill_of(const SystemFiles& files) {
  auto bill = inventory::collect_bill(
      {.text = [&](std::string_view path, ByteCount limit) { return whole_text(files, path, limit); },
       .names = [&](std::string_view path) { return files.list(path); }});
  for (const char* path : {"/var/lib/dpkg/status", "/var/lib/dpkg/status.d"}) {
    const auto place = files.find(path);
    if (!place) continue;
    bill.epoch = place->node.modified.seconds;
    break;
  }
  return bill;
}

inventory::Bill bill_of_folder(const fs::path& folder) {
  const FolderFiles all(folder, Mounts::Cross);
  return bill_of(SystemFiles({{"/", &all}}));
}

inventory::Bill bill_of_image(const fs::path& file) {
  const image::BaseDisk disk = open_read_only_disk(file);
  const image::BaseSystem system = image::find_system(disk);
  std::vector<MountedFiles> mounts;
  for (const auto& mount : system.mounts) mounts.push_back({mount.mount_point, &image::files_of(disk, mount)});
  auto bill = bill_of(SystemFiles(std::move(mounts)));
  bill.image_file = file.filename();
  if (fs::is_regular_file(file)) bill.image = image::digest_range(file, {{}, {fs::file_size(file)}});
  return bill;
}

}  // namespace

inventory::Bill read_bill(const fs::path& image_or_folder) {
  return with_context(fmt::format("listing what '{}' is made of", image_or_folder.native()), [&] {
    std::error_code ignored;
    return fs::is_directory(image_or_folder, ignored) ? bill_of_folder(image_or_folder)
                                                      : bill_of_image(image_or_folder);
  });
}

}  // namespace keelson::inspect
