/// A small bill for the tests of both formats, with text that has to be made safe.
#pragma once

#include "inventory/bill.h"

namespace keelson::inventory {

inline Bill sample_bill() {
  Bill bill{
      .name = "container-host",
      .version = "2026.11.21",
      .distribution = {.id = "debian", .version = "13", .codename = "trixie", .name = "Debian GNU/Linux 13 (trixie)"},
      .image_file = "container-host.qcow2",
      .image = Sha256{{1, 2, 3}},
      .epoch = 1'763'712'900,
      .tool_version = "0.1"};
  BillPackage library{.package = {.name = "libstdc++6",
                                  .version = "14.2.0-19",
                                  .architecture = "amd64",
                                  .source = "gcc-14",
                                  .source_version = "14.2.0-19",
                                  .maintainer = "Debian GCC Maintainers <gcc@lists.example.org>",
                                  .homepage = "https://gcc.gnu.org/",
                                  .summary = "GNU Standard C++ Library v3"},
                      .license = {.note = "the copyright file is free-form text"}};
  BillPackage program{.package = {.name = "tool",
                                  .version = "1:2.0-1",
                                  .architecture = "amd64",
                                  .source = "tool",
                                  .source_version = "1:2.0-1",
                                  .maintainer = "Jo \xff Doe\n <not an address>",
                                  .homepage = "javascript:alert(1)",
                                  .summary = "line\x01 one\nline two"},
                      .license = {.expression = "MIT AND LicenseRef-own-0123456789abcdef",
                                  .extracted = {{"LicenseRef-own-0123456789abcdef", "own", "All mine."}}},
                      .depends_on = {0},
                      .archive = Sha256{{4}}};
  bill.packages = {library, program};
  bill.inputs = {{BuildInput::Kind::Recipe, "container-host.yaml", Sha256{{5}}},
                 {BuildInput::Kind::Lock, "container-host.lock.json", Sha256{{6}}}};
  return bill;
}

}  // namespace keelson::inventory
