#include "image/export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/vhd/footer.h"
#include "image/sparse.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::image {

namespace fs = std::filesystem;

namespace {

ByteCount size_of(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("read", path.native(), errno);
  return {static_cast<std::uint64_t>(status.st_size)};
}

void allocate(int fd, ByteCount size, const fs::path& path) {
  const int result = ::posix_fallocate(fd, 0, static_cast<off_t>(size.value));
  if (result != 0 && result != EOPNOTSUPP && result != EINVAL) throw system_error("write", path.native(), result);
}

Bytes vhd_footer(ByteCount size, const fs::path& raw, const ExportOptions& options) {
  if (!vhd::is_azure_size(size)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot convert '{}': its size of {} bytes is not a multiple of 1 MiB up to {}",
                            raw.native(), size.value, human_size(vhd::kLargestDisk)),
                "set the disk's maxSize to whole MiB");
  }
  return vhd::encode_footer(size, uuid_from_digest(sha256(fmt::format("{}\nvhd\n", options.seed.hex()))),
                            options.epoch);
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

void export_qcow2(const fs::path& raw, const fs::path& output, const ExportOptions& options) {
  AtomicFile file(output);
  std::vector<std::string> arguments{"qemu-img", "convert", "-f", "raw", "-O", "qcow2"};
  if (options.compress) arguments.insert(arguments.end(), {"-c", "-o", "compression_type=zstd"});
  // Absolute names: qemu takes "word:rest" for a protocol unless a slash comes before the colon.
  arguments.push_back(fs::absolute(raw));
  arguments.push_back(fs::absolute(file.temporary_path()));
  require_process({.arguments = arguments}, "convert", output.native());
  file.commit();
}

}  // namespace

std::vector<std::string> export_formats() { return {"qcow2", "raw", "vhd-fixed"}; }

void export_image(const fs::path& raw, const std::string& format, const fs::path& output,
                  const ExportOptions& options) {
  const auto known = export_formats();
  const UniqueFd from = open_file(raw, O_RDONLY);
  if (format == "raw") return export_flat(raw, from, output, {}, options);
  if (format == "vhd-fixed")
    return export_flat(raw, from, output, vhd_footer(size_of(from.get(), raw), raw, options), options);
  if (format == "qcow2") return export_qcow2(raw, output, options);
  const std::string guess = did_you_mean(format, known);
  throw Error(ErrorKind::BadInput, fmt::format("cannot convert '{}': no image format '{}'", raw.native(), format),
              guess.empty() ? fmt::format("formats are {}", join_words(known)) : guess);
}

}  // namespace keelson::image
