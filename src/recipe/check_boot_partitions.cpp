// What the firmware needs to find on the disk.
#include <fmt/format.h>

#include <algorithm>

#include "recipe/language.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

struct Place {
  const Filesystem* filesystem = nullptr;
  View view;
};

/// The file system on a partition, or nothing and the list where it is missing.
Place find_filesystem(const Storage& storage, const View& view, const std::string& device) {
  const auto views = view.at("filesystems").items(kMostPartitions);
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (storage.filesystems[i].device_id == device) return {&storage.filesystems[i], views[i]};
  }
  return {nullptr, view.at("filesystems")};
}

bool is_fat(const Filesystem& filesystem) { return filesystem.type == "vfat" || filesystem.type == "fat32"; }

void check_esp(const Storage& storage, const View& view, const Partition& esp, const Reading& reading) {
  const auto [filesystem, at] = find_filesystem(storage, view, esp.id);
  if (filesystem == nullptr || !is_fat(*filesystem)) {
    reading.rule(filesystem == nullptr ? at : at.at("type"),
                 fmt::format("the 'esp' partition {} needs a file system of type vfat or fat32", quote(esp.id)));
  }
  if (filesystem != nullptr && filesystem->mount_point != "/boot/efi") {
    reading.rule(at.at("mountPoint"),
                 fmt::format("the 'esp' partition {} must be mounted at '/boot/efi'", quote(esp.id)));
  }
}

void check_bios_grub(const Storage& storage, const View& view, const Partition& boot, const Reading& reading) {
  const auto [filesystem, at] = find_filesystem(storage, view, boot.id);
  if (filesystem == nullptr || (filesystem->type.empty() && filesystem->mount_point.empty())) return;
  reading.rule(at, fmt::format("the 'bios-grub' partition {} can't have a file system", quote(boot.id)),
               "GRUB writes itself into it");
}

}  // namespace

void check_boot_partitions(const Storage& storage, const View& view, const Reading& reading) {
  bool has_esp = false;
  bool has_bios_grub = false;
  for (const auto& partition : storage.disk.partitions) {
    if (partition.type == "esp") check_esp(storage, view, partition, reading);
    if (partition.type == "bios-grub") check_bios_grub(storage, view, partition, reading);
    has_esp = has_esp || partition.type == "esp";
    has_bios_grub = has_bios_grub || partition.type == "bios-grub";
  }
  const std::string boot = view.at("bootType").text_or("");
  if (boot == "efi" && !has_esp) {
    reading.rule(view.at("bootType"), "'efi' needs a partition of type 'esp'",
                 "with a vfat file system, mounted at /boot/efi");
  }
  if (boot == "legacy" && !has_bios_grub) {
    reading.rule(view.at("bootType"), "'legacy' needs a partition of type 'bios-grub'", "of 1M, at 1M");
  }
}

}  // namespace keelson::recipe
