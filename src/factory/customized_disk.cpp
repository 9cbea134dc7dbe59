#include "factory/customized_disk.h"

#include <fmt/format.h>

#include <vector>

#include "factory/relayout.h"
#include "factory/reseal.h"
#include "formats/gpt/types.h"
#include "image/export.h"
#include "packages/deb/change/grub.h"
#include "sys/temp_dir.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

/// Writes one disk; lives as long as one write_customized_disk() call.
class Writer {
 public:
  Writer(const CustomizedDisk& request, const RootDir& root, Reporter& reporter)
      : request_(request), root_(root), reporter_(reporter) {}

  void run() const {
    const TempDir scratch("disk", request_.output.has_parent_path() ? request_.output.parent_path() : fs::path("."));
    const fs::path new_file = scratch.path() / "new.raw";
    const auto disk = request_.recipe.storage ? relayout(new_file) : reseal_base(new_file);
    request_.composed();
    Step step(reporter_, fmt::format("writing '{}'", request_.output.filename().native()));
    image::export_image(disk->blocks(), request_.disk.file.native(), request_.format, request_.output,
                        {.seed = request_.seed, .epoch = request_.boot.epoch});
    step.set_result(fmt::format("{} {}", request_.format, human_size({fs::file_size(request_.output)})));
  }

 private:
  std::unique_ptr<ResealedDisk> reseal_base(const fs::path& new_file) const {
    const auto left_out = bios_grub_ranges();
    auto disk = reseal({.disk = request_.disk,
                        .system = request_.system,
                        .files = request_.files,
                        .seed = request_.seed,
                        .epoch = request_.boot.epoch,
                        .identities = request_.identities,
                        .labels = request_.labels,
                        .verity = request_.verity,
                        .size = image::size_in(request_.format, request_.disk.blocks->size()),
                        .left_out = left_out,
                        .scratch_file = new_file},
                       root_, reporter_);
    for (const auto& range : left_out)
      write_bios_boot(make_bios_boot(request_.boot, range.offset / 512, root_), range, new_file);
    return disk;
  }

  // Where GRUB's core is that a BIOS starts, if it is to be made anew: it may name the root by its old identifier.
  std::vector<BlockRange> bios_grub_ranges() const {
    if (request_.identities == nullptr || !deb::has_grub(root_)) return {};
    for (const auto& partition : request_.disk.partitions) {
      const auto type = gpt::find_type_name(partition.entry.type);
      if (type && type->name == "bios-grub") return {partition.range};
    }
    return {};
  }

  std::unique_ptr<ResealedDisk> relayout(const fs::path& new_file) const {
    const auto& boot = request_.boot;
    std::optional<deb::BiosBoot> bios;
    if (boot.boot_type == recipe::BootType::Legacy) bios = make_bios_boot(boot, kBiosGrubOffset / 512, root_);
    return lay_out_anew({.storage = *request_.recipe.storage,
                         .files = request_.files,
                         .architecture = boot.architecture,
                         .seed = request_.seed,
                         .epoch = boot.epoch,
                         .labels = request_.labels,
                         .esp = request_.esp,
                         .bios = std::move(bios),
                         .work_folder = request_.work_folder,
                         .scratch_file = new_file},
                        root_, reporter_);
  }

  const CustomizedDisk& request_;
  const RootDir& root_;
  Reporter& reporter_;
};

}  // namespace

void write_customized_disk(const CustomizedDisk& request, const RootDir& root, Reporter& reporter) {
  Writer(request, root, reporter).run();
}

}  // namespace keelson::factory
