#include "formats/ext4/journal_header.h"

#include <fmt/format.h>

#include "base/crc32c.h"
#include "formats/ext4/superblock.h"

namespace keelson::ext4 {

namespace {

constexpr std::uint32_t kVersion1 = 3;  // the block types of the two superblocks
constexpr std::uint32_t kVersion2 = 4;
constexpr std::size_t kHeaderSize = 1024;
constexpr std::uint8_t kCrc32c = 4;
constexpr std::uint32_t kDefaultFastBlocks = 256;  // what 0 stands for: include/linux/jbd2.h
constexpr std::uint32_t kLeastLog = 1024;          // blocks that fast commits must leave to the log, there too

enum Offset : std::size_t {
  kType = 0x4,
  kBlockSize = 0xC,
  kLength = 0x10,
  kFirst = 0x14,
  kSequence = 0x18,
  kStart = 0x1C,
  kError = 0x20,
  kCompat = 0x24,
  kIncompat = 0x28,
  kRoCompat = 0x2C,
  kUuid = 0x30,
  kSumType = 0x50,
  kFastBlocks = 0x54,
  kSum = 0xFC,
};

enum Feature : std::uint32_t {
  kCompatChecksum = 0x1,
  kRevoke = 0x1,
  k64BitBlocks = 0x2,
  kAsyncCommit = 0x4,
  kSumsV2 = 0x8,
  kSumsV3 = 0x10,
  kFastCommit = 0x20,
};
constexpr std::uint32_t kKnown = kRevoke | k64BitBlocks | kAsyncCommit | kSumsV2 | kSumsV3 | kFastCommit;

void read_features(JournalHeader& header, const ByteReader& reader) {
  const std::uint32_t compat = reader.u32be(kCompat);
  const std::uint32_t incompat = reader.u32be(kIncompat);
  if ((incompat & ~kKnown) != 0 || reader.u32be(kRoCompat) != 0) {
    refuse("journal", fmt::format("its features {:#x} are unknown", (incompat & ~kKnown) | reader.u32be(kRoCompat)));
  }
  const bool v1 = (compat & kCompatChecksum) != 0;
  const bool v2 = (incompat & kSumsV2) != 0;
  const bool v3 = (incompat & kSumsV3) != 0;
  if (v1 + v2 + v3 > 1) refuse("journal", "it has checksums of several kinds at once");
  if (v1) header.sums = JournalSums::Crc32;
  if (v2) header.sums = JournalSums::V2;
  if (v3) header.sums = JournalSums::V3;
  header.wide = (incompat & k64BitBlocks) != 0;
  header.async_commit = (incompat & kAsyncCommit) != 0;
  header.fast_commits = (incompat & kFastCommit) != 0;
  if (!header.has_block_sums()) return;
  if (reader.u8(kSumType) != kCrc32c) refuse("journal", "its checksums are not CRC-32C");
  if (!has_right_sum(reader.bytes(0, kHeaderSize), kSum, ~0u)) refuse("journal", "its superblock's checksum is wrong");
  header.checksum_seed = crc32c(~0u, reader.bytes(kUuid, 16));
}

}  // namespace

bool has_right_sum(ByteView block, std::size_t at, std::uint32_t seed) {
  const Bytes none(4);
  const std::uint32_t sum = crc32c(crc32c(crc32c(seed, block.first(at)), none), block.subspan(at + 4));
  return sum == ByteReader(block, "ext4 journal").u32be(at);
}

JournalHeader parse_journal_header(ByteView block, std::uint64_t blocks) {
  const ByteReader reader(block, "ext4 journal");
  const std::uint32_t type = reader.u32be(kType);
  if (reader.u32be(0) != kJournalMagic || (type != kVersion1 && type != kVersion2)) {
    refuse("journal", "its superblock is not there");
  }
  JournalHeader header;
  if (type == kVersion2) read_features(header, reader);
  if (reader.u32be(kBlockSize) != block.size()) {
    refuse("journal", fmt::format("its blocks of {} bytes are not the file system's", reader.u32be(kBlockSize)));
  }
  header.blocks = header.end = reader.u32be(kLength);
  if (header.blocks > blocks) {
    refuse("journal", fmt::format("{} blocks are more than the {} of its file", header.blocks, blocks));
  }
  if (header.fast_commits) {
    const std::uint32_t given = reader.u32be(kFastBlocks);
    const std::uint32_t fast = given == 0 ? kDefaultFastBlocks : given;
    if (fast < header.blocks && header.blocks - fast >= kLeastLog) header.end -= fast;
  }
  header.first = reader.u32be(kFirst);
  header.start = reader.u32be(kStart);
  header.sequence = reader.u32be(kSequence);
  if (header.first == 0 || header.first >= header.end ||
      (header.start != 0 && (header.start < header.first || header.start >= header.end))) {
    refuse("journal",
           fmt::format("its log from {} to {} does not begin at {}", header.first, header.end, header.start));
  }
  if (reader.u32be(kError) != 0) refuse("journal", "an error of the file system is noted in it");
  return header;
}

}  // namespace keelson::ext4
