#include "recipe/language.h"

namespace keelson::recipe {

Value text() { return {}; }
Value text(const Syntax& syntax) { return {.syntax = &syntax}; }
Value one_of(std::vector<Choice> choices) { return {.choices = std::move(choices)}; }
Value integer(std::int64_t minimum, std::int64_t maximum) {
  return {.shape = Shape::Integer, .minimum = minimum, .maximum = maximum};
}
Value boolean() { return {.shape = Shape::Boolean}; }
Value of_shape(Shape shape) { return {.shape = shape}; }
Value list_of(Value item) {
  Value list{.shape = Shape::List, .minimum = 0};
  list.item.push_back(std::move(item));
  return list;
}
Value object(const Section& section) { return {.shape = Shape::Object, .section = &section}; }
Value text_map(const Syntax& keys, const Syntax& values) {
  return {.shape = Shape::TextMap, .syntax = &values, .key_syntax = &keys};
}
Value artifact_kind() { return one_of({{"ukis"}, {"uki-addons"}, {"shim"}, {"bootloader"}, {"verity-hash"}}); }

const std::vector<Choice>& preview_features() {
  static const std::vector<Choice> names{{"uki"},
                                         {"output-artifacts"},
                                         {"inject-files"},
                                         {"reinitialize-verity"},
                                         {"package-snapshot-time"},
                                         {"kdump-boot-files"},
                                         {"preview-distro-version"},
                                         {"base-configs"},
                                         {"input-image-oci"},
                                         {"output-selinux-policy"},
                                         {"btrfs"},
                                         {"create"},
                                         {"unsupported-distro-version"},
                                         {"tools-dir"},
                                         {"remove-package-manager"}};
  return names;
}

namespace {

Value at_least_one(Value list) {
  list.minimum = 1;
  return list;
}

const Section& base_config_section() {
  static const Section section{.name = "baseConfig",
                               .meaning = "A recipe that this one builds on.",
                               .keys = {{.name = "path",
                                         .value = text(kFilePath),
                                         .meaning = "The other recipe, relative to this one.",
                                         .example = "container-host.yaml",
                                         .required = true}}};
  return section;
}

const Section& oci_platform_section() {
  static const Section section{
      .name = "ociPlatform",
      .meaning = "Which of a multi-platform image's images. In short: `linux/amd64`.",
      .keys = {{.name = "os", .value = text(kWord), .meaning = "Operating system.", .example = "linux"},
               {.name = "architecture", .value = text(kWord), .meaning = "Architecture.", .example = "arm64"}},
      .shorthand = "os",
      .shorthand_syntax = &kPlatform};
  return section;
}

const Section& oci_image_section() {
  static const Section section{.name = "ociImage",
                               .meaning = "A base image in an OCI registry.",
                               .keys = {{.name = "uri",
                                         .value = text(kOciReference),
                                         .meaning = "The artefact's reference.",
                                         .example = "registry.example.org/images/base:1",
                                         .required = true},
                                        {.name = "platform",
                                         .value = object(oci_platform_section()),
                                         .meaning = "Which platform.",
                                         .fallback = "the build host's"}}};
  return section;
}

const Section& azure_linux_section() {
  static const Section section{.name = "azureLinuxImage",
                               .meaning = "A published Azure Linux image.",
                               .keys = {{.name = "variant",
                                         .value = text(kAzureVariant),
                                         .meaning = "Its variant.",
                                         .example = "minimal-os",
                                         .required = true},
                                        {.name = "version",
                                         .value = text(kAzureVersion),
                                         .meaning = "Its version.",
                                         .example = "3.0",
                                         .required = true}}};
  return section;
}

const Section& input_image_section() {
  static const Section section{
      .name = "inputImage",
      .meaning = "Which image.",
      .keys = {{.name = "path",
                .value = text(kFilePath),
                .meaning = "A disk image, relative to the recipe.",
                .example = "base.qcow2"},
               {.name = "oci",
                .value = object(oci_image_section()),
                .meaning = "An image in a registry.",
                .gate = "input-image-oci"},
               {.name = "azureLinux",
                .value = object(azure_linux_section()),
                .meaning = "A published Azure Linux image."}},
      .constraints = {{.kind = Constraint::Kind::ExactlyOne, .keys = {"path", "oci", "azureLinux"}}}};
  return section;
}

const Section& cosi_compression_section() {
  static const Section section{
      .name = "cosiCompression",
      .meaning = "How COSI's partition images are compressed.",
      .keys = {
          {.name = "level", .value = integer(1, 22), .meaning = "zstd's level.", .fallback = "9", .example = "19"}}};
  return section;
}

const Section& cosi_section() {
  static const Section section{
      .name = "cosi",
      .meaning = "Settings of the COSI formats.",
      .keys = {{.name = "compression", .value = object(cosi_compression_section()), .meaning = "Compression."}}};
  return section;
}

const Section& output_image_section() {
  static const Section section{
      .name = "outputImage",
      .meaning = "The image that a build writes.",
      .keys = {{.name = "path",
                .value = text(kFilePath),
                .meaning = "The file, relative to the recipe; the command line may override it.",
                .example = "out/container-host.raw"},
               {.name = "format",
                .value = one_of({{"raw"},
                                 {"qcow2"},
                                 {"vhd-fixed"},
                                 {"vhd"},
                                 {"vhdx"},
                                 {"iso", false},
                                 {"pxe-dir", false},
                                 {"pxe-tar", false},
                                 {"cosi", false},
                                 {"baremetal-image", false}}),
                .meaning = "The disk format; the command line may override it.",
                .example = "raw"},
               {.name = "cosi",
                .value = object(cosi_section()),
                .meaning = "Settings of the COSI formats.",
                .supported = false}}};
  return section;
}

const Section& artifacts_section() {
  static const Section section{.name = "artifacts",
                               .meaning = "Boot artefacts to hand out, so that they can be signed.",
                               .keys = {{.name = "items",
                                         .value = at_least_one(list_of(artifact_kind())),
                                         .meaning = "What to hand out.",
                                         .example = "[ukis, bootloader]",
                                         .required = true},
                                        {.name = "path",
                                         .value = text(kFilePath),
                                         .meaning = "The folder that gets them, relative to the recipe.",
                                         .example = "out/artifacts",
                                         .required = true}}};
  return section;
}

}  // namespace

const Section& distribution_section() {
  static const Section section{
      .name = "distribution",
      .meaning = "Where the packages come from when an image is composed from packages.",
      .keys = {
          {.name = "family",
           .value = one_of({{"debian"}, {"rpm", false}}),
           .meaning = "The package family.",
           .example = "debian",
           .required = true},
          {.name = "release",
           .value = text(kSuiteName),
           .meaning = "The suite's code name.",
           .example = "trixie",
           .required = true},
          {.name = "mirror",
           .value = text(kMirror),
           .meaning =
               "`host`: the mirrors that the build host's own package manager uses; otherwise an archive's base URL.",
           .fallback = "host",
           .example = "https://deb.example.org/debian"},
          {.name = "updates",
           .value = boolean(),
           .meaning = "Take the release's stable updates too.",
           .fallback = "true",
           .example = "false"},
          {.name = "security",
           .value = boolean(),
           .meaning = "Take the release's security updates too.",
           .fallback = "true",
           .example = "true"},
          {.name = "components",
           .value = at_least_one(list_of(text(kComponent))),
           .meaning = "The archive's components.",
           .fallback = "[main]",
           .example = "[main, contrib]",
           .inherit = Inherit::Replace},
          {.name = "keyring",
           .value = text(kFilePath),
           .meaning = "The keys that the archive must be signed with, relative to the recipe.",
           .fallback = "the build host's archive keyring",
           .example = "keys/archive.gpg"},
          {.name = "architecture",
           .value = one_of({{"amd64"}, {"arm64"}}),
           .meaning = "The image's architecture.",
           .fallback = "the build host's",
           .example = "arm64"},
          {.name = "kernel",
           .value = one_of({{"cloud"}, {"generic"}, {"none"}}),
           .meaning = "Which kernel package to install: `linux-image-cloud-ARCH`, `linux-image-ARCH`, or none because "
                      "the recipe's packages bring one.",
           .fallback = "cloud",
           .example = "generic"}}};
  return section;
}

const Section& input_section() {
  static const Section section{.name = "input",
                               .meaning = "The image to start from.",
                               .keys = {{.name = "image",
                                         .value = object(input_image_section()),
                                         .meaning = "The base image; the command line may override it.",
                                         .inherit = Inherit::Replace}}};
  return section;
}

const Section& output_section() {
  static const Section section{
      .name = "output",
      .meaning = "What a build writes.",
      .keys = {{.name = "image", .value = object(output_image_section()), .meaning = "The image."},
               {.name = "artifacts",
                .value = object(artifacts_section()),
                .meaning = "Boot artefacts to hand out.",
                .gate = "output-artifacts"},
               {.name = "selinuxPolicyPath",
                .value = text(kFilePath),
                .meaning = "A folder that gets the image's SELinux policy.",
                .example = "out/selinux",
                .gate = "output-selinux-policy",
                .supported = false}}};
  return section;
}

const Section& package_list_section() {
  static const Section section{
      .name = "packageList",
      .meaning = "A file of its own with package names, named by `installLists`, `removeLists` or `updateLists`.",
      .keys = {{.name = "packages",
                .value = list_of(text(kPackageSpec)),
                .meaning = "The names.",
                .example = "[containerd, runc]"}}};
  return section;
}

const Section& recipe_section() {
  static const Section section{
      .name = "recipe",
      .meaning = "The top of the file.",
      .keys =
          {{.name = "distribution",
            .value = object(distribution_section()),
            .meaning = "Where packages come from when the image is composed from packages.",
            .extension = true},
           {.name = "input",
            .value = object(input_section()),
            .meaning = "The image to start from.",
            .for_bases = true},
           {.name = "baseConfigs",
            .value = list_of(object(base_config_section())),
            .meaning = "Recipes that this one builds on, in this order; what this one says comes last.",
            .gate = "base-configs",
            .inherit = Inherit::Own},
           {.name = "storage",
            .value = object(storage_section()),
            .meaning = "The disk's layout.",
            .fallback = "an EFI system partition and an ext4 root, as small as they can be",
            .inherit = Inherit::Once},
           {.name = "os", .value = object(os_section()), .meaning = "What the system holds."},
           {.name = "scripts",
            .value = object(scripts_section()),
            .meaning = "Programs that change the image while it is made."},
           {.name = "iso", .value = object(iso_section()), .meaning = "Settings of a live ISO.", .supported = false},
           {.name = "pxe",
            .value = object(pxe_section()),
            .meaning = "Settings of a network boot.",
            .supported = false},
           {.name = "output", .value = object(output_section()), .meaning = "What a build writes."},
           {.name = "previewFeatures",
            .value = list_of(one_of(preview_features())),
            .meaning = "Features that may still change and that this recipe wants to use.",
            .example = "[uki, base-configs]"}},
      .constraints = {
          {.kind = Constraint::Kind::Needs,
           .keys = {"os.bootloader.resetType"},
           .when = "storage.disks",
           .hint = "add: os: {bootloader: {resetType: hard-reset}}",
           .unless = "distribution"},
          {.kind = Constraint::Kind::Needs,
           .keys = {"os.bootloader.resetType"},
           .when = "storage.resetPartitionsUuidsType",
           .hint = "add: os: {bootloader: {resetType: hard-reset}}"},
          {.kind = Constraint::Kind::Forbids,
           .keys = {"os.bootloader.resetType", "os.selinux.mode", "os.kernelCommandLine.extraCommandLine",
                    "storage.verity", "storage.reinitializeVerity=all", "os.overlays"},
           .when = "os.uki.mode=passthrough",
           .hint = "passthrough leaves the base's unified kernel images as they are; 'mode: create' makes new ones"},
          {.kind = Constraint::Kind::Forbids,
           .keys = {"os.bootloader.resetType", "storage.verity", "os.overlays"},
           .when = "os.uki.mode=modify",
           .hint = "modify changes the command line only; 'mode: create' makes a new initramfs too"}}};
  return section;
}

const Section& inject_files_section() {
  static const Section file{
      .name = "injectFile",
      .meaning = "A file to put into a partition of an image.",
      .keys = {{.name = "partition",
                .value = object(identified_partition_section()),
                .meaning = "The partition.",
                .required = true},
               {.name = "destination",
                .value = text(kAbsolutePath),
                .meaning = "The path in the partition.",
                .example = "/EFI/Linux/vmlinuz.efi",
                .required = true},
               {.name = "source",
                .value = text(kFilePath),
                .meaning = "The signed file, relative to this one.",
                .example = "./ukis/vmlinuz.efi",
                .required = true},
               {.name = "type", .value = artifact_kind(), .meaning = "What the file is.", .example = "ukis"}}};
  static const Section section{
      .name = "injectFiles",
      .meaning = "A document of its own, for `inject-files`: signed artefacts that `output.artifacts` handed out.",
      .keys = {{.name = "injectFiles",
                .value = list_of(object(file)),
                .meaning = "The files.",
                .gate = "inject-files",
                .required = true},
               {.name = "previewFeatures",
                .value = list_of(one_of(preview_features())),
                .meaning = "As in a recipe.",
                .example = "[inject-files]"}}};
  return section;
}

}  // namespace keelson::recipe
