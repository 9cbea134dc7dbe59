#include "machine/image_kernel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "formats/gpt/table.h"
#include "formats/gpt/types.h"
#include "formats/uki/uki.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::machine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockSize = 512;
constexpr ByteCount kLargestUki = mebibytes(512);

// The disk as a sparse raw file, unless it is one.
DiskImage as_raw(const DiskImage& image, const fs::path& folder) {
  if (driver_name(image.format) == "raw") return image;
  const fs::path raw = folder / "disk.raw";
  require_process({.arguments = {"qemu-img", "convert", "-f", std::string(driver_name(image.format)), "-O", "raw",
                                 fs::absolute(image.path).native(), raw.native()}},
                  "read", image.path.native());
  return {.path = raw, .format = DiskFormat::Raw, .size = {fs::file_size(raw)}};
}

gpt::Table read_partitions(const DiskImage& image) {
  const UniqueFd fd = open_file(image.path, O_RDONLY);
  const auto read_at = [&](std::uint64_t offset, std::size_t size) {
    Bytes bytes(size);
    if (::pread(fd.get(), bytes.data(), size, static_cast<off_t>(offset)) != static_cast<ssize_t>(size)) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it ends too early", image.path.native()));
    }
    return bytes;
  };
  return gpt::read_table(read_at, {.size = image.size, .block_size = kBlockSize});
}

// What the boot loader would tell the initrd: without one nothing says which disk the root is on, so that a root found
// by its partition type has to be named. Empty if the command line names it, or the image has none.
std::string root_argument(const gpt::Table& table, std::string_view command_line, std::string_view architecture) {
  for (const auto word : split_words(command_line)) {
    if (word.starts_with("root=") || word.starts_with("roothash=")) return {};
  }
  const auto type = gpt::find_type("root", architecture);
  for (const auto& entry : table.entries) {
    if (type && entry.type == *type) return fmt::format("root=PARTUUID={}", entry.uuid.text());
  }
  return {};
}

std::uint64_t system_partition_offset(const DiskImage& image, const gpt::Table& table) {
  const auto type = gpt::find_type("esp", "amd64");
  for (const auto& entry : table.entries) {
    if (type && entry.type == *type) return entry.first.value * kBlockSize;
  }
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot boot '{}': it has no EFI system partition", image.path.native()));
}

bool copy_out(const DiskImage& image, std::uint64_t offset, const std::string& pattern, const fs::path& folder) {
  // mtools' own consistency checks refuse file systems whose size is not a whole number of tracks.
  const auto result =
      run_process({.arguments = {"mcopy", "-n", "-i", fmt::format("{}@@{}", fs::absolute(image.path).native(), offset),
                                 "::" + pattern, folder.native()},
                   .environment = {"MTOOLS_SKIP_CHECK=1", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C"},
                   .timeout = std::chrono::minutes(2)});
  return result.exit_code == 0;
}

fs::path find_uki(const DiskImage& image, std::uint64_t offset, const fs::path& folder) {
  for (const std::string pattern : {"/EFI/Linux/*.efi", "/EFI/BOOT/BOOT*.EFI"}) {
    if (!copy_out(image, offset, pattern, folder)) continue;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    if (!found.empty()) return found.back();
  }
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot boot '{}' directly: there is no unified kernel image in its EFI system partition",
                          image.path.native()),
              "boot it by its firmware: leave --firmware direct out");
}

}  // namespace

KernelBoot extract_kernel(const DiskImage& image, const fs::path& folder, std::string_view architecture) {
  const DiskImage raw = as_raw(image, folder);
  const fs::path copies = folder / "esp";
  fs::create_directory(copies);
  const gpt::Table table = read_partitions(raw);
  const fs::path uki_file = find_uki(raw, system_partition_offset(raw, table), copies);
  const std::string bytes = read_file(uki_file, kLargestUki);
  const auto uki = uki::parse_uki(as_bytes(bytes), uki_file.filename().native());
  KernelBoot boot{.kernel = folder / "kernel",
                  .command_line = std::string(trim(uki.cmdline.substr(0, uki.cmdline.find('\0'))))};
  if (const std::string root = root_argument(table, boot.command_line, architecture); !root.empty())
    boot.command_line += (boot.command_line.empty() ? "" : " ") + root;
  write_file(boot.kernel, as_text(uki.linux));
  if (!uki.initrd.empty()) {
    boot.initrd = folder / "initrd";
    write_file(boot.initrd, as_text(uki.initrd));
  }
  return boot;
}

}  // namespace keelson::machine
