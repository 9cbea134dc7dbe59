#include "recipe/language.h"

namespace keelson::recipe {

namespace {

Value at_most(std::int64_t count, Value list) {
  list.maximum = count;
  return list;
}

Value id_type() { return one_of({{"uuid"}, {"part-uuid"}, {"part-label"}}); }

Value partition_type() {
  Value value = one_of({{"esp"},
                        {"bios-grub"},
                        {"home"},
                        {"linux-generic"},
                        {"root"},
                        {"root-verity"},
                        {"srv"},
                        {"swap"},
                        {"tmp"},
                        {"usr"},
                        {"usr-verity"},
                        {"var"},
                        {"xbootldr"}});
  value.syntax = &kUuid;
  return value;
}

const Section& partition_section() {
  static const Section section{
      .name = "partition",
      .meaning = "A partition. Bounds are multiples of 1 MiB.",
      .keys = {{.name = "id",
                .value = text(kIdentifier),
                .meaning = "The name that `filesystems` uses for it.",
                .example = "root",
                .required = true},
               {.name = "label", .value = text(kPartitionLabel), .meaning = "The GPT partition's name."},
               {.name = "type",
                .value = partition_type(),
                .meaning = "What it is for, or a GPT type UUID.",
                .fallback = "linux-generic",
                .example = "esp"},
               {.name = "start",
                .value = of_shape(Shape::Size),
                .meaning = "Where it begins.",
                .fallback = "where the partition before it ends; 1M for the first"},
               {.name = "end", .value = of_shape(Shape::Size), .meaning = "Where it ends; not together with `size`."},
               {.name = "size",
                .value = of_shape(Shape::PartitionSize),
                .meaning = "Its size; `grow` (only the last): to the end of the disk, or as small as its content "
                           "allows when the disk has no `maxSize`.",
                .fallback = "grow",
                .example = "512M"}}};
  return section;
}

const Section& disk_section() {
  static const Section section{.name = "disk",
                               .meaning = "The disk.",
                               .keys = {{.name = "partitionTableType",
                                         .value = one_of({{"gpt"}}),
                                         .meaning = "The kind of partition table.",
                                         .fallback = "gpt"},
                                        {.name = "maxSize",
                                         .value = of_shape(Shape::Size),
                                         .meaning = "The disk's size, GPT's own blocks included.",
                                         .fallback = "as small as the partitions need",
                                         .example = "4G"},
                                        {.name = "partitions",
                                         .value = at_most(kMostPartitions, list_of(object(partition_section()))),
                                         .meaning = "Its partitions, in the order of their places.",
                                         .required = true}}};
  return section;
}

const Section& quota_section() {
  static const Section section{
      .name = "btrfsQuota",
      .meaning = "Limits of a subvolume.",
      .keys = {{.name = "referencedLimit", .value = of_shape(Shape::Size), .meaning = "Of all data."},
               {.name = "exclusiveLimit",
                .value = of_shape(Shape::Size),
                .meaning = "Of data that no other subvolume shares."}}};
  return section;
}

const Section& subvolume_section() {
  static const Section section{
      .name = "btrfsSubvolume",
      .meaning = "A btrfs subvolume.",
      .keys = {{.name = "path",
                .value = text(kFilePath),
                .meaning = "Its path from the file system's top, relative.",
                .required = true},
               {.name = "mountPoint", .value = object(mount_point_section()), .meaning = "Where it is mounted."},
               {.name = "quota", .value = object(quota_section()), .meaning = "Its limits."}}};
  return section;
}

const Section& btrfs_section() {
  static const Section section{
      .name = "btrfs",
      .meaning = "Settings of a btrfs file system.",
      .keys = {{.name = "subvolumes", .value = list_of(object(subvolume_section())), .meaning = "Its subvolumes."}}};
  return section;
}

const Section& filesystem_section() {
  static const Section section{
      .name = "filesystem",
      .meaning = "A file system in a partition, and its place in fstab.",
      .keys = {
          {.name = "deviceId",
           .value = text(kIdentifier),
           .meaning = "The `id` of its partition.",
           .example = "root",
           .required = true},
          {.name = "type",
           .value = one_of({{"ext4"}, {"vfat"}, {"fat32"}, {"erofs", true, true}, {"xfs", false}, {"btrfs", false}}),
           .meaning = "The kind of file system. `erofs` is read-only and for the root.",
           .example = "ext4"},
          {.name = "mountPoint",
           .value = object(mount_point_section()),
           .meaning = "Where it is mounted.",
           .fallback = "not mounted"},
          {.name = "btrfs",
           .value = object(btrfs_section()),
           .meaning = "Settings of a btrfs file system.",
           .gate = "btrfs",
           .supported = false}}};
  return section;
}

const Section& identified_partition_section() {
  static const Section section{
      .name = "identifiedPartition",
      .meaning = "A partition of the base image.",
      .keys = {{.name = "idType", .value = id_type(), .meaning = "What `id` is.", .required = true},
               {.name = "id", .value = text(kLine), .meaning = "The UUID or label.", .required = true}}};
  return section;
}

const Section& verity_section() {
  static const Section section{
      .name = "verity",
      .meaning = "A dm-verity device.",
      .keys = {{.name = "id",
                .value = text(kIdentifier),
                .meaning = "The name that `filesystems` uses for it.",
                .required = true},
               {.name = "name",
                .value = one_of({{"root"}, {"usr"}}),
                .meaning = "Which part of the system it holds.",
                .required = true},
               {.name = "dataDeviceId", .value = text(kIdentifier), .meaning = "The partition with the data."},
               {.name = "hashDeviceId",
                .value = text(kIdentifier),
                .meaning = "The partition with the hash tree; may be the data's own."},
               {.name = "dataDevice",
                .value = object(identified_partition_section()),
                .meaning = "The base image's partition with the data."},
               {.name = "hashDevice",
                .value = object(identified_partition_section()),
                .meaning = "The base image's partition with the hash tree."},
               {.name = "dataDeviceMountIdType", .value = id_type(), .meaning = "How the initrd finds the data."},
               {.name = "hashDeviceMountIdType", .value = id_type(), .meaning = "How the initrd finds the hash tree."},
               {.name = "corruptionOption",
                .value = one_of({{"io-error"}, {"ignore"}, {"panic"}, {"restart"}}),
                .meaning = "What the kernel does about corrupt data.",
                .fallback = "io-error"},
               {.name = "hashSignaturePath",
                .value = text(kAbsolutePath),
                .meaning = "Where the image holds the root hash's signature."}}};
  return section;
}

}  // namespace

const Section& mount_point_section() {
  static const Section section{
      .name = "mountPoint",
      .meaning = "Where a file system is mounted. In short: just the path.",
      .keys =
          {{.name = "path", .value = text(kAbsolutePath), .meaning = "The path.", .example = "/", .required = true},
           {.name = "options",
            .value = text(kLine),
            .meaning = "Mount options, separated by commas.",
            .fallback = "defaults"},
           {.name = "idType", .value = id_type(), .meaning = "How fstab names the device.", .fallback = "part-uuid"}},
      .shorthand = "path"};
  return section;
}

const Section& storage_section() {
  static const Section section{
      .name = "storage",
      .meaning =
          "The disk's layout. Without it, an image gets an EFI system partition and an ext4 "
          "root, as small as they can be.",
      .keys = {{.name = "bootType",
                .value = one_of({{"efi"}, {"legacy", false}}),
                .meaning = "The firmware that boots the disk; needed with `disks`."},
               {.name = "disks", .value = at_most(1, list_of(object(disk_section()))), .meaning = "Exactly one disk."},
               {.name = "filesystems",
                .value = at_most(kMostPartitions, list_of(object(filesystem_section()))),
                .meaning = "The file systems in the disk's partitions."},
               {.name = "verity",
                .value = at_most(kMostPartitions, list_of(object(verity_section()))),
                .meaning = "dm-verity devices.",
                .supported = false},
               {.name = "resetPartitionsUuidsType",
                .value = one_of({{"reset-all"}}),
                .meaning = "Give the base image's partitions new UUIDs.",
                .supported = false},
               {.name = "reinitializeVerity",
                .value = one_of({{"none"}, {"all"}}),
                .meaning = "Make the base image's hash trees anew.",
                .gate = "reinitialize-verity",
                .supported = false}}};
  return section;
}

}  // namespace keelson::recipe
