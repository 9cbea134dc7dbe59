#include "inspect/sbom.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/digest.h"
#include "inspect/file_digests.h"
#include "inspect/installed_packages.h"
#include "inspect/open_system.h"
#include "inventory/collect_bill.h"

namespace keelson::inspect {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kMostHashed = gibibytes(64);  // of an image: most of a larger one is nothing at all

inventory::Bill bill_of(const SystemFiles& files, const std::vector<MountedFiles>& walked, ListFiles list) {
  auto bill = inventory::collect_bill(reader_of(files));
  for (const char* path : {"/var/lib/dpkg/status", "/var/lib/dpkg/status.d", "/usr/lib/sysimage/rpm/rpmdb.sqlite",
                           "/usr/lib/sysimage/rpm/Packages.db", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages.db",
                           "/var/lib/rpm/Packages", "/usr/share/rpm/rpmdb.sqlite"}) {
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
