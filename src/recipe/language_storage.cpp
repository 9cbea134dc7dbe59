#include "recipe/language.h"

namespace keelson::recipe {

namespace {

Value one_to(std::int64_t count, Value list) {
  list.minimum = 1;
  list.maximum = count;
  return list;
}

Value at_most(std::int64_t count, Value list) {
  list.maximum = count;
  return list;
}

Value exactly_one(Value list) {
  list.minimum = 1;
  list.maximum = 1;
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
               {.name = "label",
                .value = text(kPartitionLabel),
                .meaning = "The GPT partition's name.",
                .example = "rootfs"},
               {.name = "type",
                .value = partition_type(),
                .meaning = "What it is for, or a GPT type UUID.",
                .fallback = "linux-generic",
                .example = "esp"},
               {.name = "start",
                .value = of_shape(Shape::Size),
                .meaning = "Where it begins.",
                .fallback = "where the partition before it ends; 1M for the first",
                .example = "1M"},
               {.name = "end",
                .value = of_shape(Shape::Size),
                .meaning = "Where it ends; not together with `size`.",
                .example = "513M"},
               {.name = "size",
                .value = of_shape(Shape::PartitionSize),
                .meaning = "Its size; `grow` (only the last): to the end of the disk, or as small as its content "
                           "allows when the disk has no `maxSize`.",
                .fallback = "grow",
                .example = "512M"}},
      .constraints = {{.kind = Constraint::Kind::AtMostOne, .keys = {"end", "size"}}}};
  return section;
}

const Section& disk_section() {
  static const Section section{.name = "disk",
                               .meaning = "The disk.",
                               .keys = {{.name = "partitionTableType",
                                         .value = one_of({{"gpt"}}),
                                         .meaning = "The kind of partition table.",
                                         .fallback = "gpt",
                                         .example = "gpt"},
                                        {.name = "maxSize",
                                         .value = of_shape(Shape::Size),
                                         .meaning = "The disk's size, GPT's own blocks included.",
                                         .fallback = "as small as the partitions need",
                                         .example = "4G"},
                                        {.name = "partitions",
                                         .value = one_to(kMostPartitions, list_of(object(partition_section()))),
                                         .meaning = "Its partitions, in the order of their places.",
                                         .required = true}}};
  return section;
}

const Section& quota_section() {
  static const Section section{
      .name = "btrfsQuota",
      .meaning = "Limits of a subvolume.",
      .keys = {{.name = "referencedLimit", .value = of_shape(Shape::Size), .meaning = "Of all data.", .example = "2G"},
               {.name = "exclusiveLimit",
                .value = of_shape(Shape::Size),
                .meaning = "Of data that no other subvolume shares.",
                .example = "1G"}}};
  return section;
}

const Section& subvolume_section() {
  static const Section section{
      .name = "btrfsSubvolume",
      .meaning = "A btrfs subvolume.",
      .keys = {{.name = "path",
                .value = text(kSubvolumePath),
                .meaning = "Its path from the file system's top, relative.",
                .example = "root/var",
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
      .keys = {{.name = "deviceId",
                .value = text(kIdentifier),
                .meaning = "The `id` of its partition.",
                .example = "root",
                .required = true},
               {.name = "type",
                .value = one_of(
                    {{"ext4"}, {"vfat"}, {"fat32"}, {"erofs", true, true}, {"xfs"}, {"btrfs", true, false, "btrfs"}}),
                .meaning = "The kind of file system. `erofs` is read-only and for the root.",
                .example = "ext4"},
               {.name = "mountPoint",
                .value = object(mount_point_section()),
                .meaning = "Where it is mounted.",
                .fallback = "not mounted"},
               {.name = "btrfs",
                .value = object(btrfs_section()),
                .meaning = "Settings of a btrfs file system.",
                .gate = "btrfs"}},
      .constraints = {
          {.kind = Constraint::Kind::Needs, .keys = {"type"}, .when = "mountPoint", .hint = "for example: type: ext4"},
          {.kind = Constraint::Kind::Needs, .keys = {"type=btrfs"}, .when = "btrfs"}}};
  return section;
}

const Section& verity_section() {
  static const Section section{
      .name = "verity",
      .meaning = "A dm-verity device.",
      .keys = {{.name = "id",
                .value = text(kIdentifier),
                .meaning = "The name that `filesystems` uses for it.",
                .example = "verityroot",
                .required = true},
               {.name = "name",
                .value = one_of({{"root"}, {"usr"}}),
                .meaning = "Which part of the system it holds: `root` for `/`, `usr` for `/usr`.",
                .example = "root",
                .required = true},
               {.name = "dataDeviceId",
                .value = text(kIdentifier),
                .meaning = "The partition with the data.",
                .example = "root"},
               {.name = "hashDeviceId",
                .value = text(kIdentifier),
                .meaning = "The partition with the hash tree; may be the data's own.",
                .example = "roothash"},
               {.name = "dataDevice",
                .value = object(identified_partition_section()),
                .meaning = "The base image's partition with the data.",
                .for_bases = true},
               {.name = "hashDevice",
                .value = object(identified_partition_section()),
                .meaning = "The base image's partition with the hash tree.",
                .for_bases = true},
               {.name = "dataDeviceMountIdType",
                .value = id_type(),
                .meaning = "How the initrd finds the data.",
                .fallback = "part-uuid",
                .example = "part-uuid"},
               {.name = "hashDeviceMountIdType",
                .value = id_type(),
                .meaning = "How the initrd finds the hash tree.",
                .fallback = "part-uuid",
                .example = "part-label"},
               {.name = "corruptionOption",
                .value = one_of({{"io-error"}, {"ignore"}, {"panic"}, {"restart"}}),
                .meaning = "What the kernel does about corrupt data.",
                .fallback = "io-error",
                .example = "panic"},
               {.name = "hashSignaturePath",
                .value = text(kAbsolutePath),
                .meaning = "Where the initrd holds the root hash's signature.",
                .example = "/boot/root.hash.sig",
                .gate = "output-artifacts"}},
      .constraints = {{.kind = Constraint::Kind::ExactlyOne, .keys = {"dataDeviceId", "dataDevice"}},
                      {.kind = Constraint::Kind::ExactlyOne, .keys = {"hashDeviceId", "hashDevice"}},
                      {.kind = Constraint::Kind::AtMostOne, .keys = {"dataDeviceId", "hashDevice"}},
                      {.kind = Constraint::Kind::AtMostOne, .keys = {"dataDevice", "hashDeviceId"}}}};
  return section;
}

}  // namespace

const Section& identified_partition_section() {
  static const Section section{
      .name = "identifiedPartition",
      .meaning = "A partition of the base image.",
      .keys = {
          {.name = "idType", .value = id_type(), .meaning = "What `id` is.", .example = "part-label", .required = true},
          {.name = "id",
           .value = text(kKernelArgument),
           .meaning = "The UUID or label.",
           .example = "root-a",
           .required = true}}};
  return section;
}

const Section& mount_point_section() {
  static const Section section{
      .name = "mountPoint",
      .meaning = "Where a file system is mounted. In short: just the path.",
      .keys = {{.name = "path", .value = text(kMountPath), .meaning = "The path.", .example = "/", .required = true},
               {.name = "options",
                .value = text(kMountOptions),
                .meaning = "Mount options, separated by commas.",
                .fallback = "defaults",
                .example = "ro,noatime"},
               {.name = "idType",
                .value = id_type(),
                .meaning = "How fstab names the device.",
                .fallback = "part-uuid",
                .example = "part-label"}},
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
                .value = one_of({{"efi"}, {.name = "legacy", .for_bases = true}}),
                .meaning = "The firmware that boots the disk.",
                .example = "efi"},
               {.name = "disks", .value = exactly_one(list_of(object(disk_section()))), .meaning = "Exactly one disk."},
               {.name = "filesystems",
                .value = at_most(kMostPartitions, list_of(object(filesystem_section()))),
                .meaning = "The file systems in the disk's partitions."},
               {.name = "verity",
                .value = at_most(kMostPartitions, list_of(object(verity_section()))),
                .meaning = "dm-verity devices."},
               {.name = "resetPartitionsUuidsType",
                .value = one_of({{"reset-all"}}),
                .meaning = "Give the base image's partitions new UUIDs.",
                .example = "reset-all",
                .for_bases = true},
               {.name = "reinitializeVerity",
                .value = one_of({{"none"}, {"all"}}),
                .meaning = "Make the base image's hash trees anew.",
                .example = "all",
                .gate = "reinitialize-verity",
                .for_bases = true}},
      .constraints = {
          {.kind = Constraint::Kind::Needs, .keys = {"bootType"}, .when = "disks", .hint = "add: bootType: efi"},
          {.kind = Constraint::Kind::Needs, .keys = {"disks"}, .when = "bootType"},
          {.kind = Constraint::Kind::Needs, .keys = {"disks"}, .when = "filesystems"},
          {.kind = Constraint::Kind::Forbids,
           .keys = {"resetPartitionsUuidsType"},
           .when = "disks",
           .hint = "a new disk has new UUIDs"}}};
  return section;
}

}  // namespace keelson::recipe
