#include "recipe/language.h"

namespace keelson::recipe {

namespace {

constexpr std::string_view kDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Key initramfs_type() {
  return {.name = "initramfsType",
          .value = one_of({{"bootstrap"}, {"full-os"}}),
          .meaning = "A small initramfs that finds the system, or the whole system in it.",
          .fallback = "bootstrap",
          .example = "full-os"};
}

Key kdump_boot_files() {
  return {.name = "kdumpBootFiles",
          .value = one_of({{"none"}, {"keep"}}),
          .meaning = "Whether kdump's boot files stay in the system.",
          .fallback = "none",
          .example = "keep",
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
      .keys = {{.name = "path",
                .value = text(kFilePath),
                .meaning = "The program's file, below the recipe's folder.",
                .example = "scripts/trim.sh"},
               {.name = "content",
                .value = text(kNotEmpty),
                .meaning = "The program's text.",
                .example = "\"rm -rf /usr/share/doc\""},
               {.name = "interpreter",
                .value = text(kLine),
                .meaning = "What runs it.",
                .fallback = "the file itself, or /bin/sh for `content`",
                .example = "/usr/bin/python3"},
               {.name = "arguments", .value = list_of(text()), .meaning = "Its arguments.", .example = "[--verbose]"},
               {.name = "environmentVariables",
                .value = text_map(kVariableName, kAnyText),
                .meaning = "Its environment.",
                .example = "{LEVEL: 3}"},
               {.name = "name", .value = text(kLine), .meaning = "What messages call it.", .example = "trim"},
               {.name = "sha256hash",
                .value = text(kSha256Text),
                .meaning = "Its digest; another content is refused.",
                .example = kDigest},
               {.name = "network",
                .value = boolean(),
                .meaning = "Let it use the build host's network, and all that can be reached there.",
                .fallback = "false",
                .example = "true",
                .extension = true}},
      .constraints = {{.kind = Constraint::Kind::ExactlyOne, .keys = {"path", "content"}}}};
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
  static const Section section{
      .name = "pxe",
      .meaning = "Settings of a network boot.",
      .keys = {live_command_line(),
               live_files(),
               initramfs_type(),
               kdump_boot_files(),
               {.name = "bootstrapBaseUrl",
                .value = text(kBootstrapUrl),
                .meaning = "The folder that the system's image is fetched from.",
                .example = "http://192.0.2.1/images"},
               {.name = "bootstrapFileUrl",
                .value = text(kBootstrapUrl),
                .meaning = "The file that the system's image is fetched from.",
                .example = "http://192.0.2.1/images/host.iso"}},
      .constraints = {{.kind = Constraint::Kind::AtMostOne, .keys = {"bootstrapBaseUrl", "bootstrapFileUrl"}},
                      {.kind = Constraint::Kind::Forbids,
                       .keys = {"bootstrapBaseUrl", "bootstrapFileUrl"},
                       .when = "initramfsType=full-os",
                       .hint = "with full-os, nothing is fetched"}}};
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
