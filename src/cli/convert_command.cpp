#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "crypto/hash.h"
#include "image/export.h"
#include "image/open_image.h"
#include "sys/file.h"
#include "sys/supervise.h"

namespace keelson::cli {

namespace fs = std::filesystem;

namespace {

struct Arguments {
  std::string first;
  std::string second;
  std::string input;
  std::string output;
  std::string format;
  bool compress = false;
};

// Which files are meant: an option names one, and what stands without an option fills the places that are left.
struct Files {
  fs::path input;
  fs::path output;
};

Files files_from(const Arguments& arguments) {
  std::vector<std::string> rest;
  for (const auto& each : {arguments.first, arguments.second}) {
    if (!each.empty()) rest.push_back(each);
  }
  const auto next = [&](const std::string& option, std::string_view what) {
    if (!option.empty()) return option;
    if (rest.empty()) throw Error(ErrorKind::Usage, fmt::format("cannot convert: no {} file is named", what));
    std::string file = rest.front();
    rest.erase(rest.begin());
    return file;
  };
  const std::string input = next(arguments.input, "input");
  const std::string output = next(arguments.output, "output");
  if (!rest.empty()) throw Error(ErrorKind::Usage, fmt::format("cannot convert: '{}' is one file too many", rest[0]));
  for (const auto& file : {input, output}) {
    if (file == "-") {
      throw Error(ErrorKind::Usage, "cannot convert '-': images are read and written at any place, not as a stream",
                  "name a file");
    }
  }
  return {input, output};
}

std::string format_for(const Arguments& arguments, const fs::path& output) {
  if (!arguments.format.empty()) return arguments.format;
  const std::string extension = output.extension().native();
  if (extension == ".raw" || extension == ".img") return "raw";
  for (const std::string format : {"qcow2", "vhd", "vhdx"}) {
    if (extension == "." + format) return format;
  }
  throw Error(ErrorKind::Usage,
              fmt::format("cannot convert to '{}': its name doesn't tell the format", output.native()),
              fmt::format("say --format {}", join_words(image::export_formats(), "or")));
}

void check_output(const Files& files) {
  std::error_code ignored;  // a file that isn't there is equivalent to none
  if (fs::equivalent(files.input, files.output, ignored)) {
    throw Error(ErrorKind::Usage, fmt::format("cannot convert '{}': the output is the same file", files.input.native()),
                "an image is never changed: name another file");
  }
  if (fs::exists(files.output, ignored) && !fs::is_regular_file(files.output, ignored)) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot write '{}': something that is no file has that name", files.output.native()));
  }
}

// Identifiers follow from the disk: its size, and its beginning, where a partition table has its own identifier.
Sha256 seed_of(const BlockSource& disk) {
  Sha256Hasher hasher;
  hasher.update(fmt::format("{}\n", disk.size().value));
  hasher.update(read_blocks(disk, 0, std::min(disk.size().value, mebibytes(1).value)));
  return hasher.finish();
}

int run(const Arguments& arguments, const Context& context) {
  const Files files = files_from(arguments);
  const std::string format = format_for(arguments, files.output);
  check_output(files);
  const std::string input_format = image::image_format(files.input);
  const auto disk = image::open_image(files.input);
  {
    Step step(*context.reporter, "converting", disk->size().value, Reporter::Unit::Bytes);
    const image::ExportOptions options{.seed = seed_of(*disk),
                                       .compress = arguments.compress,
                                       .progress = [&](std::uint64_t done) { step.advance(done); }};
    // A raw file can share its blocks with the output; a device cannot.
    if (input_format == "raw" && fs::is_regular_file(files.input)) {
      image::export_image(files.input, format, files.output, options);
    } else {
      image::export_image(*disk, files.input.native(), format, files.output, options);
    }
    step.set_result(fmt::format("{} to {}", input_format, format));
  }
  if (context.json) {
    print_json({{"input", files.input.native()},
                {"inputFormat", input_format},
                {"output", files.output.native()},
                {"format", format},
                {"diskSize", disk->size().value},
                {"fileSize", fs::file_size(files.output)}});
  } else if (!context.quiet) {
    print_text(fmt::format("{}\n", files.output.native()));
  }
  return 0;
}

}  // namespace

Command convert_command() {
  const auto arguments = std::make_shared<Arguments>();
  return {
      .name = "convert",
      .summary = "write a disk image in another format",
      .description =
          "Reads a disk image (raw, qcow2, vhd, vhd-fixed or vhdx, told by its content) or a block device, and writes "
          "the same disk in another format. The same image gives the same bytes. What is zeros takes no space. The "
          "output appears under its name only when it is whole; the input is never changed.",
      .example =
          "keelson convert image.qcow2 image.vhdx\n"
          "keelson convert --image-file base.vhdx --output-image-file disk.vhd --output-image-format vhd-fixed",
      .arguments = {{"IN", "the image to read", &arguments->first, false},
                    {"OUT", "the image to write", &arguments->second, false}},
      .options = {{"--image-file", "FILE", "the image to read, instead of IN", &arguments->input},
                  {"--output-image-file,--output-path", "FILE", "the image to write, instead of OUT",
                   &arguments->output},
                  {"-f,--format,--output-image-format", "FORMAT",
                   "raw, qcow2, vhd (dynamic), vhd-fixed or vhdx [by OUT's extension; .vhd is vhd]", &arguments->format,
                   image::export_formats()},
                  {"--compress", "", "qcow2: compress by zstd", &arguments->compress}},
      .run = [arguments](const Context& context) {
        return run_supervised([&] { return guarded(context.json, [&] { return run(*arguments, context); }); },
                              [&] {
                                const fs::path output = files_from(*arguments).output;
                                remove_stale_temporaries(output.has_parent_path() ? output.parent_path() : ".");
                              });
      }};
}

}  // namespace keelson::cli
