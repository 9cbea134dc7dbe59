#include "factory/relayout.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::factory {

namespace {

struct Reference {
  std::uint64_t offset = 0;
  const BlockSource* disk = nullptr;
  BlockRange range;
};

BlockRange bios_grub_partition(const image::DiskPlan& plan) {
  const auto place = std::find_if(plan.partitions.begin(), plan.partitions.end(),
                                  [](const auto& partition) { return partition.type == "bios-grub"; });
  if (place == plan.partitions.end() || place->offset.value != kBiosGrubOffset)
    throw Error(ErrorKind::BadInput, "cannot make the disk bootable by BIOS: no bios-grub partition begins at 1 MiB");
  return {place->offset.value, place->size.value};
}

}  // namespace

void write_bios_boot(const deb::BiosBoot& bios, const BlockRange& partition, const std::filesystem::path& raw) {
  if (bios.core.size() > partition.length) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot make the disk bootable by BIOS: GRUB's core has {} and its partition {}",
                            human_size({bios.core.size()}), human_size({partition.length})),
                "make the bios-grub partition 1 MiB or larger");
  }
  const UniqueFd fd = open_file(raw, O_RDWR);
  write_all_at(fd.get(), as_bytes(bios.boot_code), 0, raw.native());
  write_all_at(fd.get(), as_bytes(bios.core), partition.offset, raw.native());
}

std::unique_ptr<ResealedDisk> lay_out_anew(const RelayoutRequest& request, const RootDir& root, Reporter& reporter) {
  std::vector<Reference> references;
  const ForeignTree foreign{.files = request.files,
                            .refer = [&](std::uint64_t offset, const BlockSource& disk, BlockRange range) {
                              references.push_back({offset, &disk, range});
                            }};
  const image::DiskPlan plan = compose_disk({.storage = request.storage,
                                             .architecture = request.architecture,
                                             .seed = request.seed,
                                             .epoch = request.epoch,
                                             .esp = request.esp,
                                             .work_folder = request.work_folder,
                                             .raw_file = request.scratch_file,
                                             .foreign = &foreign,
                                             .labels = request.labels},
                                            root, reporter);
  if (request.bios) write_bios_boot(*request.bios, bios_grub_partition(plan), request.scratch_file);
  auto disk = std::make_unique<ResealedDisk>(request.scratch_file);
  std::sort(references.begin(), references.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  for (const auto& reference : references) disk->composed().place(reference.offset, *reference.disk, reference.range);
  return disk;
}

}  // namespace keelson::factory
