#include "formats/ext4/journal_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace keelson::ext4 {

namespace {

constexpr std::size_t kBlockHeader = 12;
constexpr std::size_t kSumSize = 4;  // at the end of descriptors and revocations
constexpr std::size_t kUuidSize = 16;
constexpr std::size_t kMostRevocations = std::size_t{4} << 20;  // 64 MiB

enum BlockType : std::uint32_t { kDescriptor = 1, kCommit = 2, kRevocations = 5 };
enum TagFlag : std::uint16_t { kEscaped = 0x1, kSameUuid = 0x2, kLastTag = 0x8 };
enum CommitOffset : std::size_t { kSumTypeAt = 0xC, kSumSizeAt = 0xD, kSumAt = 0x10, kSecondsAt = 0x30 };

// The CRC-32 of Ethernet with the highest bit first and neither end inverted: what "checksum" journals have.
constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = (value << 1) ^ ((value >> 31) != 0 ? 0x04C11DB7u : 0u);
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = make_table();

std::uint32_t crc32_high_first(std::uint32_t crc, ByteView bytes) {
  for (const std::byte b : bytes) crc = (crc << 8) ^ kTable[(crc >> 24) ^ std::to_integer<std::uint32_t>(b)];
  return crc;
}

class LogReader {
 public:
  LogReader(const JournalFile& file, const JournalHeader& header) : file_(file), header_(header), next_(header.start) {}

  JournalLog read() {
    while (step()) {
    }
    log_.blocks.resize(whole_blocks_);
    log_.revocations.resize(whole_revocations_);
    log_.next_sequence = header_.sequence + whole_;
    return std::move(log_);
  }

 private:
  // One block that is no content. False: the log ends here, or has gone round once, which no honest one does.
  bool step() {
    const auto number = advance();
    if (!number) return false;
    const Bytes block = file_.read(*number);
    const ByteReader reader(block, "ext4 journal");
    if (reader.u32be(0) != kJournalMagic || reader.u32be(8) != header_.sequence + transaction_) return false;
    switch (reader.u32be(4)) {
      case kDescriptor:
        return read_descriptor(block);
      case kRevocations:
        return read_revocations(block);
      case kCommit:
        return read_commit(block);
      default:
        return false;
    }
  }

  std::optional<std::uint32_t> advance() {
    if (walked_++ >= header_.end - header_.first) return std::nullopt;
    const std::uint32_t number = next_++;
    if (next_ >= header_.end) next_ = header_.first;
    return number;
  }

  std::size_t tag_size() const {
    if (header_.sums == JournalSums::V3) return 16;
    // Version 2 made the tag two bytes longer and left them unused: journal_tag_bytes() of jbd2.
    return std::size_t{8} + (header_.sums == JournalSums::V2 ? 2 : 0) + (header_.wide ? 4 : 0);
  }

  // A descriptor or revocation with a wrong checksum may be an old one that happens to have the right number: its
  // commit's time will tell.
  std::size_t checked_end(ByteView block) {
    if (!header_.has_block_sums()) return block.size();
    const std::size_t end = block.size() - kSumSize;
    if (!has_right_sum(block, end, header_.checksum_seed)) doubtful_ = true;
    return end;
  }

  bool read_descriptor(ByteView block) {
    const std::size_t end = checked_end(block);
    const ByteReader reader(block, "ext4 journal");
    if (header_.sums == JournalSums::Crc32) sum_ = crc32_high_first(sum_, block);
    for (std::size_t at = kBlockHeader; at + tag_size() <= end; at += tag_size()) {
      const std::uint16_t flags = reader.u16be(at + 6);
      const auto number = advance();
      if (!number) return false;
      LoggedBlock logged{.block = reader.u32be(at),
                         .place = file_.place_of(*number),
                         .transaction = transaction_,
                         .checksum = header_.sums == JournalSums::V3 ? reader.u32be(at + 12) : reader.u16be(at + 4),
                         .escaped = (flags & kEscaped) != 0};
      if (header_.wide) logged.block |= std::uint64_t{reader.u32be(at + 8)} << 32;
      if (header_.sums == JournalSums::Crc32) sum_ = crc32_high_first(sum_, file_.read_place(logged.place));
      log_.blocks.push_back(logged);
      if ((flags & kLastTag) != 0) break;
      if ((flags & kSameUuid) == 0) at += kUuidSize;
    }
    return true;
  }

  bool read_revocations(ByteView block) {
    const std::size_t end = checked_end(block);
    if (doubtful_) return true;
    const ByteReader reader(block, "ext4 journal");
    const std::size_t used = reader.u32be(kBlockHeader);
    if (used > end) refuse("journal", fmt::format("a revocation of {} bytes is longer than its block", used));
    const std::size_t size = header_.wide ? 8 : 4;
    for (std::size_t at = kBlockHeader + 4; at + size <= used; at += size) {
      if (log_.revocations.size() >= kMostRevocations) refuse("journal", "it takes back too many blocks");
      log_.revocations.push_back({header_.wide ? reader.u64be(at) : reader.u32be(at), transaction_});
    }
    return true;
  }

  bool read_commit(ByteView block) {
    const std::uint64_t seconds = ByteReader(block, "ext4 journal").u64be(kSecondsAt);
    if (failed_) damaged("is damaged, and a later one is complete");
    const bool good = !doubtful_ && has_right_commit_sum(block);
    if (!good) {
      if (whole_ > 0 && seconds < last_seconds_) return false;  // from an earlier time round the log
      if (doubtful_ || !header_.async_commit) damaged("has a wrong checksum");
      // With asynchronous commits its content may have been on its way still. Then nothing complete may follow;
      // checksums of blocks (versions 2 and 3) can't tell, and the log just ends.
      if (header_.has_block_sums()) return false;
      failed_ = true;
      ++transaction_;
      return true;
    }
    last_seconds_ = seconds;
    whole_blocks_ = log_.blocks.size();
    whole_revocations_ = log_.revocations.size();
    whole_ = ++transaction_;
    sum_ = ~0u;
    return true;
  }

  bool has_right_commit_sum(ByteView block) const {
    const ByteReader reader(block, "ext4 journal");
    if (header_.has_block_sums()) return has_right_sum(block, kSumAt, header_.checksum_seed);
    if (header_.sums == JournalSums::None) return true;
    const std::pair<int, int> form{reader.u8(kSumTypeAt), reader.u8(kSumSizeAt)};
    if (form == std::pair{0, 0} && reader.u32be(kSumAt) == 0) return true;  // none was written
    return form == std::pair{1, 4} && reader.u32be(kSumAt) == sum_;
  }

  [[noreturn]] void damaged(std::string_view why) const {
    refuse("journal", fmt::format("its transaction {} {}", header_.sequence + transaction_ - (failed_ ? 1 : 0), why));
  }

  const JournalFile& file_;
  const JournalHeader& header_;
  JournalLog log_;
  std::uint32_t next_;
  std::uint64_t walked_ = 0;
  std::uint32_t transaction_ = 0;  // the one that is being read
  std::uint32_t whole_ = 0;        // how many are complete
  std::size_t whole_blocks_ = 0;
  std::size_t whole_revocations_ = 0;
  std::uint32_t sum_ = ~0u;
  std::uint64_t last_seconds_ = 0;
  bool doubtful_ = false;
  bool failed_ = false;
};

}  // namespace

JournalFile::JournalFile(const Volume& volume, const Inode& inode) : volume_(volume) {
  if (!inode.is(NodeType::File) || (inode.flags & (kEncrypted | kInlineData)) != 0) {
    refuse("journal", fmt::format("{} is no file that can hold one", inode.name()));
  }
  if (inode.size > kLargestJournal.value) refuse("journal", fmt::format("{} bytes are too many", inode.size));
  map_ = read_file_map(volume, inode);
  check_no_block_twice(map_, inode);
  blocks_ = inode.size / volume.superblock().block_size;
  if (blocks_ == 0) refuse("journal", "it is empty");
}

std::uint64_t JournalFile::place_of(std::uint64_t number) const {
  const auto extent = std::upper_bound(map_.begin(), map_.end(), number,
                                       [](std::uint64_t at, const Extent& candidate) { return at < candidate.end(); });
  if (extent == map_.end() || number < extent->logical)
    refuse("journal", fmt::format("its block {} is a hole", number));
  return extent->physical + (number - extent->logical);
}

Bytes JournalFile::read_place(std::uint64_t place) const {
  const std::uint64_t size = volume_.superblock().block_size;
  return read_blocks(volume_.disk(), place * size, size);
}

JournalLog read_log(const JournalFile& file, const JournalHeader& header) { return LogReader(file, header).read(); }

}  // namespace keelson::ext4
