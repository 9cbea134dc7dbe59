#include "image/open_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/qcow2/disk.h"
#include "formats/vhd/disk.h"
#include "formats/vhdx/disk.h"
#include "sys/file_blocks.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

// What people take for disk images and what no disk begins with.
struct Foreign {
  std::string_view magic;
  std::string_view what;
  std::string_view hint;
};
constexpr std::array kForeign{
    Foreign{"KDMV", "a VMDK image", "convert it first: qemu-img convert -O qcow2"},
    Foreign{"# Disk Descr", "the description of a VMDK image", "convert it first: qemu-img convert -O qcow2"},
    Foreign{"QED\0", "a QED image", "convert it first: qemu-img convert -O qcow2"},
    Foreign{"\x1f\x8b\x08", "compressed by gzip", "decompress it first: gunzip"},
    Foreign{"\xfd"
            "7zXZ\0",
            "compressed by xz", "decompress it first: unxz"},
    Foreign{"\x28\xb5\x2f\xfd", "compressed by zstd", "decompress it first: unzstd"},
    Foreign{"BZh", "compressed by bzip2", "decompress it first: bunzip2"},
    Foreign{"PK\x03\x04", "a ZIP archive", "unpack it first"},
};

std::string text_at(const BlockSource& file, std::uint64_t offset, std::size_t count) {
  if (file.size().value < count || offset > file.size().value - count) return {};
  return std::string(as_text(read_blocks(file, offset, count)));
}

void refuse_foreign(const std::string& beginning) {
  for (const Foreign& each : kForeign) {
    if (!beginning.starts_with(each.magic)) continue;
    throw Error(ErrorKind::BadInput, fmt::format("cannot read 'disk image': it is {}", each.what),
                std::string(each.hint));
  }
}

class OpenedImage final : public BlockSource {
 public:
  OpenedImage(std::unique_ptr<FileBlocks> file, std::unique_ptr<BlockSource> disk)
      : file_(std::move(file)), disk_(std::move(disk)) {}

  ByteCount size() const override { return disk_->size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override { disk_->read(offset, to); }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override { return disk_->next_data(offset); }

 private:
  std::unique_ptr<FileBlocks> file_;  // what disk_ stands on
  std::unique_ptr<BlockSource> disk_;
};

template <typename Body>
auto about(const fs::path& path, Body&& body) {
  return with_context(fmt::format("opening image '{}'", path.native()), std::forward<Body>(body));
}

}  // namespace

std::string image_format(const BlockSource& file) {
  if (file.size().value == 0) throw Error(ErrorKind::BadInput, "cannot read 'disk image': it is empty");
  const std::string beginning = text_at(file, 0, std::min<std::uint64_t>(16, file.size().value));
  if (beginning.starts_with(qcow2::kMagic)) return "qcow2";
  if (beginning.starts_with(vhdx::kFileSignature)) return "vhdx";
  if (beginning.starts_with(vhd::kCookie)) return "vhd";
  refuse_foreign(beginning);
  if (file.size().value <= vhd::kFooterSize) return "raw";
  const std::uint64_t footer = file.size().value - vhd::kFooterSize;
  if (text_at(file, footer, vhd::kCookie.size()) != vhd::kCookie) return "raw";
  const bool is_fixed = vhd::parse_any_footer(read_blocks(file, footer, vhd::kFooterSize)).type == vhd::DiskType::Fixed;
  return is_fixed ? "vhd-fixed" : "vhd";
}

std::string image_format(const fs::path& path) {
  const FileBlocks file(path);
  return about(path, [&] { return image_format(file); });
}

std::unique_ptr<BlockSource> open_image(const fs::path& path) {
  auto file = std::make_unique<FileBlocks>(path);
  return about(path, [&]() -> std::unique_ptr<BlockSource> {
    const std::string format = image_format(*file);
    std::unique_ptr<BlockSource> disk;
    if (format == "qcow2") disk = std::make_unique<qcow2::Qcow2Disk>(*file);
    if (format == "vhdx") disk = std::make_unique<vhdx::VhdxDisk>(*file);
    if (format == "vhd" || format == "vhd-fixed") disk = std::make_unique<vhd::VhdDisk>(*file);
    if (!disk) return std::move(file);
    return std::make_unique<OpenedImage>(std::move(file), std::move(disk));
  });
}

}  // namespace keelson::image
