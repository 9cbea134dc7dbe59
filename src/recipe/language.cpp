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

const Section& base_config_section() {
  static const Section section{.name = "baseConfig",
                               .meaning = "A recipe that this one builds on.",
                               .keys = {{.name = "path",
                                         .value = text(kFilePath),
                                         .meaning = "The other recipe, relative to this one.",
                                         .required = true}}};
  return section;
}

const Section& oci_platform_section() {
  static const Section section{
      .name = "ociPlatform",
      .meaning = "Which of a multi-platform image's images. In short: `linux/amd64`.",
      .keys = {{.name = "os", .value = text(kIdentifier), .meaning = "Operating system."},
               {.name = "architecture", .value = text(kIdentifier), .meaning = "Architecture."}},
      .shorthand = "os"};
  return section;
}

const Section& oci_image_section() {
  static const Section section{
      .name = "ociImage",
      .meaning = "A base image in an OCI registry.",
      .keys = {{.name = "uri", .value = text(kIdentifier), .meaning = "The artefact's reference.", .required = true},
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
                                         .value = text(kIdentifier),
                                         .meaning = "Its variant.",
                                         .example = "minimal-os",
                                         .required = true},
                                        {.name = "version",
                                         .value = text(kIdentifier),
                                         .meaning = "Its version.",
                                         .example = "3.0",
                                         .required = true}}};
  return section;
}

const Section& input_image_section() {
  static const Section section{
      .name = "inputImage",
      .meaning = "Exactly one of the keys.",
      .keys = {
          {.name = "path", .value = text(kFilePath), .meaning = "A disk image, relative to the recipe."},
          {.name = "oci",
           .value = object(oci_image_section()),
           .meaning = "An image in a registry.",
           .gate = "input-image-oci"},
          {.name = "azureLinux", .value = object(azure_linux_section()), .meaning = "A published Azure Linux image."}}};
  return section;
}

const Section& cosi_compression_section() {
  static const Section section{
      .name = "cosiCompression",
      .meaning = "How COSI's partition images are compressed.",
      .keys = {{.name = "level", .value = integer(1, 22), .meaning = "zstd's level.", .fallback = "9"}}};
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
                                 {"vhd", false},
                                 {"vhdx", false},
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
  static const Section section{
      .name = "artifacts",
      .meaning = "Boot artefacts to hand out, so that they can be signed.",
      .keys = {{.name = "items",
                .value = list_of(one_of({{"ukis"}, {"shim"}, {"bootloader"}, {"verity-hash"}})),
                .meaning = "What to hand out.",
                .required = true},
               {.name = "path",
                .value = text(kFilePath),
                .meaning = "The folder that gets them, relative to the recipe.",
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
           .fallback = "host"},
          {.name = "updates",
           .value = boolean(),
           .meaning = "Take the release's stable updates too.",
           .fallback = "true"},
          {.name = "security",
           .value = boolean(),
           .meaning = "Take the release's security updates too.",
           .fallback = "true"},
          {.name = "components",
           .value = list_of(text(kComponent)),
           .meaning = "The archive's components.",
           .fallback = "[main]"},
          {.name = "keyring",
           .value = text(kFilePath),
           .meaning = "The keys that the archive must be signed with, relative to the recipe.",
           .fallback = "the build host's archive keyring"},
          {.name = "architecture",
           .value = one_of({{"amd64"}, {"arm64"}}),
           .meaning = "The image's architecture.",
           .fallback = "the build host's"},
          {.name = "kernel",
           .value = one_of({{"cloud"}, {"generic"}, {"none"}}),
           .meaning = "Which kernel package to install: `linux-image-cloud-ARCH`, `linux-image-ARCH`, or none because "
                      "the recipe's packages bring one.",
           .fallback = "cloud"}}};
  return section;
}

const Section& input_section() {
  static const Section section{
      .name = "input",
      .meaning = "The image to start from.",
      .keys = {{.name = "image", .value = object(input_image_section()), .meaning = "The base image."}}};
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
                .gate = "output-artifacts",
                .supported = false},
               {.name = "selinuxPolicyPath",
                .value = text(kFilePath),
                .meaning = "A folder that gets the image's SELinux policy.",
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
      .keys = {
          {.name = "distribution",
           .value = object(distribution_section()),
           .meaning = "Where packages come from when the image is composed from packages.",
           .extension = true},
          {.name = "input",
           .value = object(input_section()),
           .meaning = "The image to start from.",
           .supported = false},
          {.name = "baseConfigs",
           .value = list_of(object(base_config_section())),
           .meaning = "Recipes that this one builds on.",
           .gate = "base-configs",
           .supported = false},
          {.name = "storage",
           .value = object(storage_section()),
           .meaning = "The disk's layout.",
           .fallback = "an EFI system partition and an ext4 root, as small as they can be"},
          {.name = "os", .value = object(os_section()), .meaning = "What the system holds."},
          {.name = "scripts",
           .value = object(scripts_section()),
           .meaning = "Programs that change the image while it is made.",
           .supported = false},
          {.name = "iso", .value = object(iso_section()), .meaning = "Settings of a live ISO.", .supported = false},
          {.name = "pxe", .value = object(pxe_section()), .meaning = "Settings of a network boot.", .supported = false},
          {.name = "output", .value = object(output_section()), .meaning = "What a build writes."},
          {.name = "previewFeatures",
           .value = list_of(one_of(preview_features())),
           .meaning = "Features that may still change and that this recipe wants to use."}}};
  return section;
}

}  // namespace keelson::recipe
