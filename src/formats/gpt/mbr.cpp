#include "formats/gpt/mbr.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::gpt {

namespace {

constexpr std::size_t kRecordsAt = 446;  // four records of 16 bytes
constexpr std::size_t kRecordSize = 16;
constexpr std::size_t kTypeAt = 4;  // within a record
constexpr std::size_t kStartAt = 8;
constexpr std::size_t kSignatureAt = 510;
constexpr std::uint16_t kSignature = 0xAA55;
constexpr std::uint8_t kProtective = 0xEE;

[[noreturn]] void refuse(std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'protective MBR': {}", why), std::move(hint));
}

}  // namespace

Bytes encode_protective_mbr(const Geometry& geometry) {
  ByteWriter writer;
  writer.zeros(kRecordsAt);
  writer.u8(0);     // not bootable
  writer.u8(0x00);  // start in cylinders, heads and sectors: 0x000200, as table 5-4 demands
  writer.u8(0x02);
  writer.u8(0x00);
  writer.u8(kProtective);
  writer.u8(0xFF);  // end likewise: "as large as can be said"
  writer.u8(0xFF);
  writer.u8(0xFF);
  writer.u32le(1);
  writer.u32le(static_cast<std::uint32_t>(std::min<std::uint64_t>(geometry.last_lba().value, 0xFFFFFFFF)));
  writer.zeros(3 * kRecordSize);
  writer.u16le(kSignature);
  writer.align(geometry.block_size);
  return writer.take();
}

void check_protective_mbr(ByteView block) {
  const ByteReader reader(block, "protective MBR");
  if (reader.u16le(kSignatureAt) != kSignature) refuse("no signature 55 AA");
  std::size_t protective = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t at = kRecordsAt + i * kRecordSize;
    const std::uint8_t type = reader.u8(at + kTypeAt);
    if (type == 0) continue;
    if (type != kProtective) {
      refuse(fmt::format("record {} has type 0x{:02x}: a hybrid or plain MBR", i + 1, type),
             "a disk with a GPT is needed; 'sgdisk --mbrtogpt' makes one of a plain MBR on a copy");
    }
    if (reader.u32le(at + kStartAt) != 1) refuse("the protective record does not begin at block 1");
    ++protective;
  }
  if (protective != 1) refuse("there is not exactly one protective record");
}

}  // namespace keelson::gpt
