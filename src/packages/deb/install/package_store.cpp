#include "packages/deb/install/package_store.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "crypto/hash.h"
#include "formats/ar/archive.h"

namespace keelson::deb {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "KEELPKG1";
constexpr std::size_t kHeaderSize = 32;
constexpr std::uint64_t kLargestData = gibibytes(8).value;  // of one package, uncompressed
constexpr std::uint64_t kLargestControl = mebibytes(64).value;
constexpr std::size_t kMostControlFiles = 64;
constexpr std::uint64_t kLargestControlFile = mebibytes(16).value;
constexpr int kZstdLevel = 1;  // 370 MB in under a CPU second; higher levels save little disk for much time

struct ArchiveCloser {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ArchiveReader = std::unique_ptr<archive, ArchiveCloser>;

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot open package '{}': {}", name, why));
}

// Decompresses `compressed` (xz, zstd, gzip or nothing) piece by piece.
void decompress(ByteView compressed, std::string_view name, std::uint64_t limit,
                const std::function<void(ByteView)>& take) {
  const ArchiveReader reader(archive_read_new());
  archive_read_support_format_raw(reader.get());
  archive_read_support_format_empty(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_lzma(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), compressed.data(), compressed.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    refuse(name, "its archive cannot be decompressed");
  }
  std::uint64_t total = 0;
  for (;;) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader.get(), &block, &size, &offset);
    if (status == ARCHIVE_EOF) return;
    if (status != ARCHIVE_OK) refuse(name, "its archive is damaged");
    total += size;
    if (total > limit) refuse(name, "its archive is larger than any package may be");
    take({static_cast<const std::byte*>(block), size});
  }
}

ByteView find_member(const std::vector<ar::Member>& members, std::string_view prefix, std::string_view package) {
  for (const auto& member : members) {
    if (member.name.starts_with(prefix)) return member.data;
  }
  refuse(package, fmt::format("it has no '{}' part", prefix));
}

// Compresses a stream into a file.
class ZstdWriter {
 public:
  explicit ZstdWriter(AtomicFile& file) : file_(file), context_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize()) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }
  void write(ByteView piece) {
    size_ += piece.size();
    pump(piece, ZSTD_e_continue);
  }
  void finish() { pump({}, ZSTD_e_end); }
  std::uint64_t uncompressed_size() const { return size_; }
  std::uint64_t compressed_size() const { return written_; }

 private:
  void pump(ByteView piece, ZSTD_EndDirective directive) {
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    for (;;) {
      ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      if (ZSTD_isError(left) != 0) throw Error(ErrorKind::Internal, "cannot compress 'package data': zstd refused");
      file_.write(ByteView(buffer_).first(output.pos));
      written_ += output.pos;
      if (directive == ZSTD_e_end ? left == 0 : input.pos == input.size) return;
    }
  }

  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  AtomicFile& file_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  Bytes buffer_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

OpenedPackage::OpenedPackage(const fs::path& entry) : file_(entry) {
  const fs::path name = entry.filename();  // the reader keeps a view of it
  const ByteReader reader(file_.bytes(), name.native());
  if (reader.text(0, kMagic.size()) != kMagic) refuse(name.native(), "its cache entry is damaged");
  const std::uint64_t control = reader.u64le(8);
  data_size_ = reader.u64le(16);
  const std::uint64_t compressed = reader.u64le(24);
  if (control > kLargestControl || data_size_ > kLargestData) refuse(name.native(), "its cache entry is damaged");
  control_tar_ = reader.bytes(kHeaderSize, control);
  data_zstd_ = reader.bytes(kHeaderSize + control, compressed);
}

std::map<std::string, std::string> OpenedPackage::control_files() const {
  const ArchiveReader reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_memory(reader.get(), control_tar_.data(), control_tar_.size()) != ARCHIVE_OK) {
    refuse("control", "its control archive cannot be read");
  }
  std::map<std::string, std::string> files;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const std::string path = archive_entry_pathname(entry);
    const std::string name = fs::path(path).filename().native();
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (size > kLargestControlFile || files.size() >= kMostControlFiles)
      refuse(path, "its control archive is too large");
    std::string content(size, '\0');
    if (archive_read_data(reader.get(), content.data(), content.size()) != static_cast<la_ssize_t>(size)) {
      refuse(path, "its control archive is damaged");
    }
    files[name] = std::move(content);
  }
  if (status != ARCHIVE_EOF) refuse("control", "its control archive is damaged");
  return files;
}

PackageStore::PackageStore(fs::path cache_root) : folder_(std::move(cache_root) / "opened") {}

fs::path PackageStore::entry_path(const Sha256& digest) const { return folder_ / digest.hex(); }

bool PackageStore::has(const Sha256& deb_digest) const {
  std::error_code error;
  return fs::exists(entry_path(deb_digest), error);
}

void PackageStore::add(const fs::path& deb, const LockedPackage& package) const {
  const MappedFile file(deb);
  if (sha256(file.bytes()) != package.sha256) {
    throw Error(
        ErrorKind::Refused,
        fmt::format("cannot verify package '{}': sha256 differs from the signed index", deb.filename().native()),
        "the file was changed after it was fetched: remove it from the cache ('keelson cache prune') and run again");
  }
  const auto members = ar::parse_archive(file.bytes(), package.name);
  Bytes control;
  decompress(find_member(members, "control.tar", package.name), package.name, kLargestControl,
             [&](ByteView piece) { control.insert(control.end(), piece.begin(), piece.end()); });
  const fs::path path = entry_path(package.sha256);
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  AtomicFile entry(path);
  ByteWriter header;
  header.zeros(kHeaderSize);
  header.bytes(control);
  entry.write(header.view());
  ZstdWriter data(entry);
  decompress(find_member(members, "data.tar", package.name), package.name, kLargestData,
             [&](ByteView piece) { data.write(piece); });
  data.finish();
  ByteWriter sizes;
  sizes.text(kMagic);
  sizes.u64le(control.size());
  sizes.u64le(data.uncompressed_size());
  sizes.u64le(data.compressed_size());
  write_all_at(entry.fd(), sizes.view(), 0, path.native());
  entry.commit();
}

OpenedPackage PackageStore::open(const Sha256& deb_digest) const { return OpenedPackage(entry_path(deb_digest)); }

void PackageStore::remove(const Sha256& deb_digest) const {
  std::error_code ignored;
  fs::remove(entry_path(deb_digest), ignored);
}

}  // namespace keelson::deb
