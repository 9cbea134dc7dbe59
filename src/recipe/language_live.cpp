#include "recipe/language.h"

namespace keelson::recipe {

namespace {

Key initramfs_type() {
  return {.name = "initramfsType",
          .value = one_of({{"bootstrap"}, {"full-os"}}),
          .meaning = "A small initramfs that finds the system, or the whole system in it."};
}

Key kdump_boot_files() {
  return {.name = "kdumpBootFiles",
          .value = one_of({{"none"}, {"keep"}}),
          .meaning = "Whether kdump's boot files stay in the system.",
          .fallback = "none",
          .gate = "kdump-boot-files"};
}

Key live_files() {
  return {.name = "additionalFiles",
          .value = list_of(object(additional_file_section())),
          .meaning = "Files beside the system, on the medium itself."};
}

Key live_command_line() {
  return {.name = "kernelCommandLine",
          .value = object(kernel_command_line_section()),
          .meaning = "The live system's kernel command line."};
}

const Section& script_section() {
  static const Section section{
      .name = "script",
      .meaning = "A program that changes the image. Exactly one of `path` and `content`.",
      .keys = {{.name = "path", .value = text(kFilePath), .meaning = "The program's file, below the recipe's folder."},
               {.name = "content", .value = text(), .meaning = "The program's text."},
               {.name = "interpreter", .value = text(kLine), .meaning = "What runs it.", .fallback = "/bin/sh"},
               {.name = "arguments", .value = list_of(text()), .meaning = "Its arguments."},
               {.name = "environmentVariables", .value = of_shape(Shape::TextMap), .meaning = "Its environment."},
               {.name = "name", .value = text(kLine), .meaning = "What messages call it."},
               {.name = "sha256hash", .value = text(kSha256Text), .meaning = "Its digest."}}};
  return section;
}

}  // namespace

const Section& iso_section() {
  static const Section section{.name = "iso",
                               .meaning = "Settings of a live ISO.",
                               .keys = {live_command_line(), live_files(), initramfs_type(), kdump_boot_files()}};
  return section;
}

const Section& pxe_section() {
  static const Section section{.name = "pxe",
                               .meaning = "Settings of a network boot. At most one of the two URLs.",
                               .keys = {live_command_line(),
                                        live_files(),
                                        initramfs_type(),
                                        kdump_boot_files(),
                                        {.name = "bootstrapBaseUrl",
                                         .value = text(kBootstrapUrl),
                                         .meaning = "The folder that the system's image is fetched from."},
                                        {.name = "bootstrapFileUrl",
                                         .value = text(kBootstrapUrl),
                                         .meaning = "The file that the system's image is fetched from."}}};
  return section;
}

const Section& scripts_section() {
  static const Section section{.name = "scripts",
                               .meaning = "Programs that change the image while it is made.",
                               .keys = {{.name = "postCustomization",
                                         .value = list_of(object(script_section())),
                                         .meaning = "Run after everything else was changed."},
                                        {.name = "finalizeCustomization",
                                         .value = list_of(object(script_section())),
                                         .meaning = "Run last, after SELinux labels are set."}}};
  return section;
}

}  // namespace keelson::recipe
