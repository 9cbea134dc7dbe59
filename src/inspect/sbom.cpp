#include "inspect/sbom.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/digest.h"
#include "inspect/file_digests.h"
#include "inspect/open_system.h"
#include "inventory/collect_bill.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kMostHashed = gibibytes(64);  // of an image: most of a larger one is nothing at all

std::optional<std::string> whole_text(const SystemFiles& files, std::string_view path, ByteCount limit) {
  const auto place = files.find(path);
  if (!place) return std::nullopt;
  if (place->node.type != NodeType::File || place->node.size > limit)
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}': it is no file of at most {}", path, human_size(limit)));
  return files.text(path, limit);
}

inventory::Bill bill_of(const SystemFiles& files, const std::vector<MountedFiles>& walked, ListFiles list) {
  auto bill = inventory::collect_bill(
      {.text = [&](std::string_view path, ByteCount limit) { return whole_text(files, path, limit); },
       .names = [&](std::string_view path) { return files.list(path); }});
  for (const char* path : {"/var/lib/dpkg/status", "/var/lib/dpkg/status.d"}) {
    const auto place = files.find(path);
    if (!place) continue;
    bill.epoch = place->node.modified.seconds;
    break;
  }
  if (list == ListFiles::Yes) bill.files = digest_files(walked, files, bill.packages);
  return bill;
}

}  // namespace

inventory::Bill read_bill(const fs::path& image_or_folder, ListFiles list) {
  return with_context(fmt::format("listing what '{}' is made of", image_or_folder.native()), [&] {
    const OpenedSystem system(image_or_folder);
    auto bill = bill_of(system.files(), system.mounts(), list);
    std::error_code ignored;
    if (fs::is_directory(image_or_folder, ignored)) return bill;
    bill.image_file = image_or_folder.filename();
    if (fs::is_regular_file(image_or_folder, ignored) && fs::file_size(image_or_folder) <= kMostHashed.value)
      bill.image = image::digest_range(image_or_folder, {{}, {fs::file_size(image_or_folder)}});
    return bill;
  });
}

}  // namespace keelson::inspect
