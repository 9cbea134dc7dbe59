#include "machine/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "formats/vhd/footer.h"
#include "sys/file.h"

namespace keelson::machine {

namespace {

constexpr std::string_view kQcow2Magic = "QFI\xfb";      // QEMU docs/interop/qcow2.txt, "Header"
constexpr std::string_view kVhdxSignature = "vhdxfile";  // [MS-VHDX] 2.2.1
constexpr std::string_view kVhdCookie = "conectix";      // VHD specification 1.0, "Hard Disk Footer Format"

std::string bytes_at(int fd, std::uint64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  const ssize_t n = ::pread(fd, bytes.data(), count, static_cast<off_t>(offset));
  bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return bytes;
}

DiskImage by_content(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::status(path, unknown).type() == std::filesystem::file_type::not_found) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot boot '{}': there is no such file", path.native()),
                "'keelson build RECIPE' makes an image and prints its path");
  }
  const UniqueFd fd = open_file(path, O_RDONLY);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot boot '{}': it is not a file with a disk in it", path.native()));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  DiskImage image{.path = path, .size = {size}};
  if (bytes_at(fd.get(), 0, kQcow2Magic.size()) == kQcow2Magic) {
    image.format = DiskFormat::Qcow2;
  } else if (bytes_at(fd.get(), 0, kVhdxSignature.size()) == kVhdxSignature) {
    image.format = DiskFormat::Vhdx;
  } else if (bytes_at(fd.get(), 0, kVhdCookie.size()) == kVhdCookie) {  // a dynamic one begins with a copy
    image.format = DiskFormat::Vhd;
  } else if (size > vhd::kFooterSize) {
    const std::string footer = bytes_at(fd.get(), size - vhd::kFooterSize, vhd::kFooterSize);
    if (footer.starts_with(kVhdCookie)) {
      image.format = DiskFormat::VhdFixed;
      image.size = vhd::parse_footer(as_bytes(footer)).size;
      if (image.size.value > size - vhd::kFooterSize) {
        throw Error(
            ErrorKind::BadInput,
            fmt::format("cannot boot '{}': its VHD footer promises a larger disk than there is", path.native()));
      }
    }
  }
  return image;
}

}  // namespace

std::string_view format_name(DiskFormat format) {
  switch (format) {
    case DiskFormat::Raw:
      return "raw";
    case DiskFormat::Qcow2:
      return "qcow2";
    case DiskFormat::Vhd:
      return "vhd";
    case DiskFormat::VhdFixed:
      return "vhd-fixed";
    case DiskFormat::Vhdx:
      return "vhdx";
  }
  return "raw";
}

std::string_view driver_name(DiskFormat format) {
  switch (format) {
    case DiskFormat::Qcow2:
      return "qcow2";
    case DiskFormat::Vhd:
      return "vpc";
    case DiskFormat::Vhdx:
      return "vhdx";
    case DiskFormat::Raw:
    case DiskFormat::VhdFixed:
      break;
  }
  return "raw";
}

DiskImage read_disk_image(const std::filesystem::path& path, std::string_view format) {
  DiskImage image = by_content(path);
  if (format.empty() || format == format_name(image.format)) return image;
  const std::vector<std::string> known{"raw", "qcow2", "vhd", "vhd-fixed", "vhdx"};
  if (format == "raw") {
    std::error_code error;
    return {.path = path, .format = DiskFormat::Raw, .size = {std::filesystem::file_size(path, error)}};
  }
  for (const auto& name : known) {
    if (format == name) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot boot '{}': it is {}, not {}", path.native(), format_name(image.format), format));
    }
  }
  throw Error(ErrorKind::Usage, fmt::format("cannot boot '{}': there is no image format '{}'", path.native(), format),
              did_you_mean(format, known));
}

void require_boot_signature(const DiskImage& image) {
  if (driver_name(image.format) != "raw") return;  // a header was found
  const UniqueFd fd = open_file(image.path, O_RDONLY);
  if (image.size.value >= 512 && bytes_at(fd.get(), 510, 2) == "\x55\xaa") return;
  throw Error(ErrorKind::BadInput, fmt::format("cannot boot '{}': it has no partition table", image.path.native()),
              "a disk image is needed: raw, qcow2, VHD or VHDX");
}

}  // namespace keelson::machine
