#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "inspect/sbom.h"
#include "inventory/cyclonedx.h"
#include "inventory/spdx.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

struct Arguments {
  std::string image;
  std::string format;
  std::string output;
  bool files = false;
};

// What is asked for, or what the output's name says.
std::string format_for(const Arguments& arguments) {
  if (!arguments.format.empty()) return arguments.format;
  return arguments.output.ends_with(".cdx.json") ? "cyclonedx" : "spdx";
}

int run(const Arguments& arguments, const Context& context) {
  require_file(arguments.image, "a disk image, or a folder that holds a system");
  const std::string format = format_for(arguments);
  inventory::Bill bill =
      inspect::read_bill(arguments.image, arguments.files ? inspect::ListFiles::Yes : inspect::ListFiles::No);
  bill.tool_version = KEELSON_VERSION;
  const std::string text = format == "cyclonedx" ? inventory::write_cyclonedx(bill) : inventory::write_spdx(bill);
  if (arguments.output.empty()) {
    print_text(text);
    return 0;
  }
  write_file_atomically(arguments.output, text);
  if (context.json) {
    print_json({{"output", arguments.output}, {"format", format}, {"packages", bill.packages.size()}});
  } else if (!context.quiet) {
    print_text(fmt::format("{}\n", arguments.output));
  }
  return 0;
}

}  // namespace

Command sbom_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "sbom",
      .summary = "write down what an image is made of, as SPDX or CycloneDX",
      .description =
          "Reads the packages of a disk image, or of a folder that holds a system (/ is one), with their licences, "
          "source packages and dependencies, and prints a software bill of materials: SPDX 2.3 or CycloneDX 1.6, as "
          "JSON. Nothing is mounted, and no clock is read: the same image gives the same bytes.",
      .example =
          "keelson sbom out/container-host.qcow2 -o container-host.spdx.json\n"
          "keelson sbom / --format cyclonedx",
      .arguments = {{"IMAGE", "the disk image, or the folder", &arguments->image}},
      .options = {{"-f,--format",
                   "FORMAT",
                   "spdx or cyclonedx [cyclonedx for an output called *.cdx.json, else spdx]",
                   &arguments->format,
                   {"spdx", "cyclonedx"}},
                  {"--files", "", "list every file too, with its digests and the package that has it",
                   &arguments->files},
                  {"-o,--output", "FILE", "write to this file, not to standard output", &arguments->output}},
      .run = [arguments](const Context& context) {
        return guarded(context.json, [&] { return run(*arguments, context); });
      }};
}

}  // namespace keelson::cli
