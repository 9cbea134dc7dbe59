#include "formats/verity/superblock.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::verity {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSignature = "verity\0\0"sv;
constexpr std::uint32_t kVersion = 1;
constexpr std::uint32_t kHashType = 1;  // 0 is Chrome OS's: the salt comes last there
constexpr std::string_view kAlgorithm = "sha256";
constexpr std::size_t kAlgorithmField = 32;

// Where each field begins.
constexpr std::size_t kVersionAt = 8, kHashTypeAt = 12, kUuidAt = 16, kAlgorithmAt = 32, kDataBlockAt = 64,
                      kHashBlockAt = 68, kDataBlocksAt = 72, kSaltSizeAt = 80, kSaltAt = 88;

// The kernel counts sectors of 512 bytes in 64 signed bits; so the bytes of data and tree fit there too.
constexpr std::uint64_t kMostDataBlocks = (std::uint64_t{1} << 62) / kBlock.value;

std::string_view until_nul(std::string_view field) { return field.substr(0, field.find('\0')); }

}  // namespace

Bytes encode_superblock(const Superblock& superblock) {
  const auto refuse = [](std::string_view why) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot make a dm-verity superblock: {}", why));
  };
  if (superblock.data_blocks == 0 || superblock.data_blocks > kMostDataBlocks)
    refuse(fmt::format("it can't stand for {} blocks", superblock.data_blocks));
  if (superblock.salt.size() > kLargestSalt) refuse("its salt is longer than 256 bytes");
  ByteWriter writer;
  writer.text(kSignature);
  writer.u32le(kVersion);
  writer.u32le(kHashType);
  writer.bytes(std::as_bytes(std::span(superblock.uuid.bytes)));
  writer.text(kAlgorithm);
  writer.zeros(kAlgorithmField - kAlgorithm.size());
  writer.u32le(static_cast<std::uint32_t>(kBlock.value));
  writer.u32le(static_cast<std::uint32_t>(kBlock.value));
  writer.u64le(superblock.data_blocks);
  writer.u16le(static_cast<std::uint16_t>(superblock.salt.size()));
  writer.zeros(kSaltAt - kSaltSizeAt - 2);
  writer.bytes(superblock.salt);
  writer.zeros(kSuperblockSize - writer.size());
  return writer.take();
}

Superblock parse_superblock(ByteView bytes, std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read dm-verity superblock '{}': {}", name, why));
  };
  if (bytes.size() < kSuperblockSize) refuse("it is shorter than 512 bytes");
  const ByteReader reader(bytes.first(kSuperblockSize), name);
  if (reader.text(0, kSignature.size()) != kSignature) refuse("it does not begin with 'verity'");
  if (reader.u32le(kVersionAt) != kVersion) refuse(fmt::format("version {} is not known", reader.u32le(kVersionAt)));
  if (reader.u32le(kHashTypeAt) != kHashType) refuse("only hash type 1 is read here");
  if (until_nul(reader.text(kAlgorithmAt, kAlgorithmField)) != kAlgorithm) refuse("only sha256 is read here");
  if (reader.u32le(kDataBlockAt) != kBlock.value || reader.u32le(kHashBlockAt) != kBlock.value)
    refuse("only blocks of 4096 bytes are read here");
  Superblock superblock{.uuid = {}, .data_blocks = reader.u64le(kDataBlocksAt), .salt = {}};
  if (superblock.data_blocks == 0 || superblock.data_blocks > kMostDataBlocks)
    refuse(fmt::format("it can't stand for {} blocks", superblock.data_blocks));
  const std::size_t salt_size = reader.u16le(kSaltSizeAt);
  if (salt_size > kLargestSalt) refuse("its salt is longer than 256 bytes");
  const ByteView salt = reader.bytes(kSaltAt, salt_size);
  superblock.salt.assign(salt.begin(), salt.end());
  const ByteView uuid = reader.bytes(kUuidAt, superblock.uuid.bytes.size());
  std::ranges::transform(uuid, superblock.uuid.bytes.begin(),
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return superblock;
}

}  // namespace keelson::verity
