#include "image/export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "base/data_units.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/qcow2/write.h"
#include "formats/vhd/footer.h"
#include "formats/vhd/write.h"
#include "formats/vhdx/write.h"
#include "image/sparse.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/parallel.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kRawPiece = kibibytes(64);
constexpr std::uint64_t kProgressStep = 16u << 20;

ByteCount size_of(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("read", path.native(), errno);
  return {static_cast<std::uint64_t>(status.st_size)};
}

void allocate(int fd, ByteCount size, const fs::path& path) {
  const int result = ::posix_fallocate(fd, 0, static_cast<off_t>(size.value));
  if (result != 0 && result != EOPNOTSUPP && result != EINVAL) throw system_error("write", path.native(), result);
}

Uuid uuid_for(std::string_view purpose, const ExportOptions& options) {
  return uuid_from_digest(sha256(fmt::format("{}\n{}\n", options.seed.hex(), purpose)));
}

void check_format(const std::string& format, const std::string& name) {
  const auto known = export_formats();
  if (std::find(known.begin(), known.end(), format) != known.end()) return;
  const std::string guess = did_you_mean(format, known);
  throw Error(ErrorKind::BadInput, fmt::format("cannot convert '{}': no image format '{}'", name, format),
              guess.empty() ? fmt::format("formats are {}", join_words(known)) : guess);
}

void check_size(ByteCount size, const std::string& format, const std::string& name) {
  if (format == "vhd-fixed" && !vhd::is_azure_size(size)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot convert '{}': its size of {} bytes is not a multiple of 1 MiB up to {}", name,
                            size.value, human_size(vhd::kLargestDisk)),
                "set the disk's maxSize to whole MiB");
  }
}

// The disk itself, then `footer` (empty for raw).
void export_flat(const fs::path& raw, const UniqueFd& from, const fs::path& output, const Bytes& footer,
                 const ExportOptions& options) {
  const ByteCount size = size_of(from.get(), raw);
  AtomicFile file(output);
  UniqueFd to;
  if (options.take_raw && ::rename(raw.c_str(), file.temporary_path().c_str()) == 0) {
    to = open_file(file.temporary_path(), O_RDWR);
  } else {
    to = open_file(file.temporary_path(), O_RDWR);
    copy_sparse(from.get(), to.get(), size, output.native());
  }
  if (!options.keep_sparse) allocate(to.get(), size, output);
  if (!footer.empty()) write_all_at(to.get(), footer, size.value, output.native());
  file.commit();
}

// Tells how far reading has come.
class WatchedDisk final : public BlockSource {
 public:
  WatchedDisk(const BlockSource& disk, const std::function<void(std::uint64_t)>& progress)
      : disk_(disk), progress_(progress) {}

  ByteCount size() const override { return disk_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    disk_.read(offset, to);
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    if (offset + to.size() < told_ + kProgressStep) return;
    told_ = offset + to.size();
    progress_(told_);
  }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override { return disk_.next_data(offset); }

 private:
  const BlockSource& disk_;
  const std::function<void(std::uint64_t)>& progress_;
  mutable std::mutex mutex_;
  mutable std::uint64_t told_ = 0;
};

void write_raw(const BlockSource& disk, BlockSink& to, const Runner& run) {
  PieceWriter pieces(to);
  for_each_data_unit(disk, kRawPiece, run, [&](std::span<const DataUnit> units) {
    for (const DataUnit& unit : units) {
      const std::uint64_t place = unit.index * kRawPiece.value;
      pieces.add(place, unit.bytes.first(std::min(kRawPiece.value, disk.size().value - place)));
    }
    pieces.write();
  });
  to.set_size(disk.size());
}

void write_format(const BlockSource& disk, const std::string& format, BlockSink& to, const ExportOptions& options) {
  const Runner run = [](std::size_t count, const std::function<void(std::size_t)>& body) {
    parallel_for(count, hardware_threads(), body);
  };
  const vhd::WriteOptions vhd_options{.uuid = uuid_for("vhd", options), .epoch = options.epoch, .run = run};
  if (format == "raw") return write_raw(disk, to, run);
  if (format == "vhd") return vhd::write_dynamic(disk, to, vhd_options);
  if (format == "vhd-fixed") return vhd::write_fixed(disk, to, vhd_options);
  if (format == "vhdx") {
    return vhdx::write_disk(
        disk, to,
        {.disk_id = uuid_for("vhdx disk", options), .data_write = uuid_for("vhdx data", options), .run = run});
  }
  qcow2::write_disk(disk, to, {.compress = options.compress, .run = run});
}

}  // namespace

ByteCount size_in(const std::string& format, ByteCount size) {
  return format == "vhd-fixed" ? align_up(size, mebibytes(1)) : size;
}

std::vector<std::string> export_formats() { return {"qcow2", "raw", "vhd", "vhd-fixed", "vhdx"}; }

void export_image(const fs::path& raw, const std::string& format, const fs::path& output,
                  const ExportOptions& options) {
  check_format(format, raw.native());
  if (format != "raw" && format != "vhd-fixed") {
    return export_image(FileBlocks(raw), raw.native(), format, output, options);
  }
  const UniqueFd from = open_file(raw, O_RDONLY);
  const ByteCount size = size_of(from.get(), raw);
  check_size(size, format, raw.native());
  const Bytes footer = format == "raw" ? Bytes{} : vhd::encode_footer(size, uuid_for("vhd", options), options.epoch);
  export_flat(raw, from, output, footer, options);
}

void export_image(const BlockSource& disk, const std::string& name, const std::string& format, const fs::path& output,
                  const ExportOptions& options) {
  check_format(format, name);
  check_size(disk.size(), format, name);
  AtomicFile file(output);
  FileSink sink(file.fd(), output.native());
  with_context(fmt::format("converting '{}'", name),
               [&] { write_format(WatchedDisk(disk, options.progress), format, sink, options); });
  if (!options.keep_sparse && (format == "raw" || format == "vhd-fixed")) allocate(file.fd(), disk.size(), output);
  file.commit();
}

}  // namespace keelson::image
