#include "formats/qcow2/header.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::qcow2 {

namespace {

enum Offset : std::size_t {
  kVersionAt = 4,
  kBackingFileAt = 8,
  kClusterBitsAt = 20,
  kSizeAt = 24,
  kEncryptionAt = 32,
  kL1EntriesAt = 36,
  kL1OffsetAt = 40,
  kIncompatibleAt = 72,
  kHeaderLengthAt = 100,
  kCompressionAt = 104,
};

// Incompatible features: a reader must know each that is set. Bit 0, "dirty", concerns reference counts, which only a
// writer needs.
constexpr std::uint64_t kDirty = 1u << 0;
constexpr std::uint64_t kCorrupt = 1u << 1;
constexpr std::uint64_t kExternalData = 1u << 2;
constexpr std::uint64_t kCompressionType = 1u << 3;
constexpr std::uint64_t kExtendedL2 = 1u << 4;
constexpr std::uint64_t kKnown = kDirty | kCorrupt | kExternalData | kCompressionType | kExtendedL2;

constexpr std::uint32_t kVersion3Length = 104;

[[noreturn]] void refuse(std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'qcow2 header': {}", why), std::move(hint));
}

void parse_version_3(const ByteReader& reader, Header& header) {
  const std::uint64_t features = reader.u64be(kIncompatibleAt);
  if ((features & ~kKnown) != 0) refuse(fmt::format("it needs a feature that is not known (bits {:#x})", features));
  if ((features & kCorrupt) != 0) refuse("the image is marked as corrupt", "run 'qemu-img check -r all' on a copy");
  if ((features & kExternalData) != 0) {
    refuse("its data lies in another file", "make it whole first: qemu-img convert -O qcow2");
  }
  const std::uint32_t length = reader.u32be(kHeaderLengthAt);
  if (length < kVersion3Length || length % 8 != 0 || length > header.cluster_size()) {
    refuse(fmt::format("its length is {}", length));
  }
  const std::uint8_t compression = length > kCompressionAt ? reader.u8(kCompressionAt) : 0;
  if (compression > 1) refuse(fmt::format("compression type {} is not known", compression));
  if ((compression != 0) != ((features & kCompressionType) != 0)) {
    refuse("the compression type and the feature bit for it disagree");
  }
  header.compression = compression == 1 ? Compression::Zstd : Compression::Deflate;
  header.extended_l2 = (features & kExtendedL2) != 0;
  if (header.extended_l2 && header.cluster_bits < 14) refuse("subclusters need clusters of at least 16 KiB");
}

// Everything that follows from the size: the first table must describe the whole disk and lie in the file.
void check_l1(Header& header, std::uint64_t entries_in_file, ByteCount file_size) {
  const std::uint64_t span = header.l2_span();
  header.l1_entries = header.size.value / span + (header.size.value % span != 0 ? 1 : 0);
  if (header.l1_entries > kLargestL1.value / 8) {
    refuse(fmt::format("a disk of {} bytes is too large for its clusters", header.size.value));
  }
  if (entries_in_file < header.l1_entries) {
    refuse(fmt::format("its first table has {} entries and a disk of {} bytes needs {}", entries_in_file,
                       header.size.value, header.l1_entries));
  }
  if (header.l1_entries == 0) return;
  if (header.l1_offset % header.cluster_size() != 0 || header.l1_offset == 0) {
    refuse(fmt::format("its first table lies at {}, where none can be", header.l1_offset));
  }
  const std::uint64_t bytes = header.l1_entries * 8;
  if (header.l1_offset > file_size.value || bytes > file_size.value - header.l1_offset) {
    refuse(fmt::format("its first table lies past the end of the file ({} bytes)", file_size.value),
           "the file was cut short: copy it again");
  }
}

}  // namespace

Header parse_header(ByteView bytes, ByteCount file_size) {
  const ByteReader reader(bytes, "qcow2 header");
  if (reader.text(0, kMagic.size()) != kMagic) refuse("no magic 'QFI\\xfb'");
  Header header{.version = reader.u32be(kVersionAt)};
  if (header.version != 2 && header.version != 3) refuse(fmt::format("its version is {}, not 2 or 3", header.version));
  header.cluster_bits = reader.u32be(kClusterBitsAt);
  if (header.cluster_bits < 9 || header.cluster_bits > 21) {
    refuse(fmt::format("clusters of 2^{} bytes are not allowed", header.cluster_bits));
  }
  if (reader.u64be(kBackingFileAt) != 0) {
    refuse("the image is a difference to a backing file", "make it whole first: qemu-img convert -O qcow2");
  }
  if (reader.u32be(kEncryptionAt) != 0) {
    refuse("the image is encrypted", "decrypt it first: qemu-img convert with its secret");
  }
  header.size = {reader.u64be(kSizeAt)};
  if (header.size.value % 512 != 0) refuse(fmt::format("a disk of {} bytes is not whole sectors", header.size.value));
  header.l1_offset = reader.u64be(kL1OffsetAt);
  if (header.version == 3) parse_version_3(reader, header);
  check_l1(header, reader.u32be(kL1EntriesAt), file_size);
  return header;
}

}  // namespace keelson::qcow2
