#include "formats/vhd/footer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::vhd {

namespace {

constexpr std::uint32_t kFeatures = 2;          // bit 1 is reserved and always set
constexpr std::uint32_t kVersion = 0x00010000;  // 1.0
constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};
constexpr std::string_view kCreator = "win ";
constexpr std::uint32_t kCreatorVersion = 0x00060003;  // Windows 6.3: the first whose Hyper-V keeps any size exactly
constexpr std::string_view kCreatorHost = "Wi2k";      // the specification's word for Windows
constexpr std::int64_t kEpoch2000 = 946684800;         // 2000-01-01T00:00:00Z
constexpr std::uint64_t kSector = 512;

enum Offset : std::size_t {
  kCookieAt = 0,
  kFeaturesAt = 8,
  kVersionAt = 12,
  kHeaderOffsetAt = 16,
  kTimeAt = 24,
  kCurrentSizeAt = 48,
  kGeometryAt = 56,
  kTypeAt = 60,
  kChecksumAt = 64,
  kUuidAt = 68,
};

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'VHD footer': {}", why));
}

bool is_disk_size(ByteCount size) { return size.value != 0 && size.value % kSector == 0 && size <= kLargestDisk; }

Bytes encode(ByteCount size, const Uuid& uuid, std::int64_t epoch, DiskType type, std::uint64_t header_offset) {
  if (!is_disk_size(size)) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot write 'VHD footer': a disk of {} bytes is empty, larger than {} or not whole sectors",
                    size.value, human_size(kLargestDisk)));
  }
  const Chs geometry = geometry_for(size);
  ByteWriter writer;
  writer.text(kCookie);
  writer.u32be(kFeatures);
  writer.u32be(kVersion);
  writer.u64be(header_offset);
  writer.u32be(static_cast<std::uint32_t>(std::clamp<std::int64_t>(epoch - kEpoch2000, 0, 0xFFFFFFFF)));
  writer.text(kCreator);
  writer.u32be(kCreatorVersion);
  writer.text(kCreatorHost);
  writer.u64be(size.value);  // original size
  writer.u64be(size.value);  // current size
  writer.u16be(geometry.cylinders);
  writer.u8(geometry.heads);
  writer.u8(geometry.sectors);
  writer.u32be(static_cast<std::uint32_t>(type));
  writer.u32be(0);  // the checksum, patched below
  for (const std::uint8_t byte : uuid.bytes) writer.u8(byte);
  writer.u8(0);  // no saved state
  writer.align(kFooterSize);
  writer.patch_u32be(kChecksumAt, checksum(writer.view(), kChecksumAt));
  return writer.take();
}

}  // namespace

std::uint32_t checksum(ByteView bytes, std::size_t checksum_at) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i < checksum_at || i >= checksum_at + 4) sum += std::to_integer<std::uint32_t>(bytes[i]);
  }
  return ~sum;
}

Chs geometry_for(ByteCount size) {
  const std::uint64_t sectors = std::min<std::uint64_t>(size.value / kSector, 65535ull * 16 * 255);
  std::uint64_t per_track = 0;
  std::uint64_t heads = 0;
  std::uint64_t cylinders_times_heads = 0;
  if (sectors >= 65535ull * 16 * 63) {
    per_track = 255;
    heads = 16;
    cylinders_times_heads = sectors / per_track;
  } else {
    per_track = 17;
    cylinders_times_heads = sectors / per_track;
    heads = std::max<std::uint64_t>((cylinders_times_heads + 1023) / 1024, 4);
    if (cylinders_times_heads >= heads * 1024 || heads > 16) {
      per_track = 31;
      heads = 16;
      cylinders_times_heads = sectors / per_track;
    }
    if (cylinders_times_heads >= heads * 1024) {
      per_track = 63;
      heads = 16;
      cylinders_times_heads = sectors / per_track;
    }
  }
  return {.cylinders = static_cast<std::uint16_t>(cylinders_times_heads / heads),
          .heads = static_cast<std::uint8_t>(heads),
          .sectors = static_cast<std::uint8_t>(per_track)};
}

bool is_azure_size(ByteCount size) { return is_disk_size(size) && size.value % mebibytes(1).value == 0; }

Footer parse_footer(ByteView footer) {
  const Footer result = parse_any_footer(footer);
  if (result.type != DiskType::Fixed) {
    refuse(fmt::format("its disk type is {}, not 2 (fixed)", static_cast<std::uint32_t>(result.type)));
  }
  return result;
}

Footer parse_any_footer(ByteView footer) {
  if (footer.size() != kFooterSize) refuse(fmt::format("it has {} bytes instead of 512", footer.size()));
  const ByteReader reader(footer, "VHD footer");
  if (reader.text(kCookieAt, kCookie.size()) != kCookie) refuse("no cookie 'conectix'");
  if (reader.u32be(kChecksumAt) != checksum(footer, kChecksumAt)) refuse("its checksum is wrong");
  if (reader.u32be(kVersionAt) >> 16 != kVersion >> 16) refuse("its version is not 1");
  const std::uint32_t type = reader.u32be(kTypeAt);
  if (type < 2 || type > 4) refuse(fmt::format("its disk type is {}, not 2, 3 or 4", type));
  Footer result{.size = {reader.u64be(kCurrentSizeAt)},
                .uuid = {},
                .epoch = kEpoch2000 + reader.u32be(kTimeAt),
                .geometry = {.cylinders = reader.u16be(kGeometryAt),
                             .heads = reader.u8(kGeometryAt + 2),
                             .sectors = reader.u8(kGeometryAt + 3)},
                .type = static_cast<DiskType>(type),
                .header_offset = reader.u64be(kHeaderOffsetAt)};
  for (std::size_t i = 0; i < result.uuid.bytes.size(); ++i) result.uuid.bytes[i] = reader.u8(kUuidAt + i);
  if (!is_disk_size(result.size))
    refuse(fmt::format("a disk of {} bytes is empty, too large or not whole sectors", result.size.value));
  return result;
}

Bytes encode_footer(ByteCount size, const Uuid& uuid, std::int64_t epoch) {
  return encode(size, uuid, epoch, DiskType::Fixed, kNoOffset);  // there is no further header
}

Bytes encode_dynamic_footer(ByteCount size, const Uuid& uuid, std::int64_t epoch, std::uint64_t header_offset) {
  return encode(size, uuid, epoch, DiskType::Dynamic, header_offset);
}

}  // namespace keelson::vhd
