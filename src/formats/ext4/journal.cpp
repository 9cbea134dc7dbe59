#include "formats/ext4/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/error.h"
#include "formats/ext4/journal_log.h"

namespace keelson::ext4 {

namespace {

constexpr std::uint16_t kHeadTag = 9;  // EXT4_FC_TAG_HEAD; its value has 8 bytes: features, transaction

// Sorted by block; for each, the newest transaction that takes it back.
std::vector<Revocation> newest_revocations(std::vector<Revocation> all) {
  std::sort(all.begin(), all.end(), [](const Revocation& a, const Revocation& b) {
    return a.block != b.block ? a.block < b.block : a.transaction > b.transaction;
  });
  all.erase(
      std::unique(all.begin(), all.end(), [](const Revocation& a, const Revocation& b) { return a.block == b.block; }),
      all.end());
  return all;
}

bool is_revoked(const std::vector<Revocation>& revocations, const LoggedBlock& logged) {
  const auto found = std::lower_bound(revocations.begin(), revocations.end(), logged.block,
                                      [](const Revocation& a, std::uint64_t block) { return a.block < block; });
  return found != revocations.end() && found->block == logged.block && found->transaction >= logged.transaction;
}

// Before its transaction's number and the journal's UUID, which the seed stands for. Spec: "Descriptor Block".
void check_content(const JournalFile& file, const JournalHeader& header, const LoggedBlock& logged) {
  if (!header.has_block_sums()) return;
  ByteWriter number;
  number.u32be(header.sequence + logged.transaction);
  std::uint32_t sum = crc32c(crc32c(header.checksum_seed, number.view()), file.read_place(logged.place));
  if (header.sums == JournalSums::V2) sum &= 0xffff;
  if (sum != logged.checksum) {
    refuse("journal", fmt::format("the checksum of what it has for block {} is wrong", logged.block));
  }
}

// A fast commit describes changes instead of holding blocks. It counts when it belongs to the transaction after the
// last complete one. The kernel leaves the first block of its area unused; that may be mended one day.
void check_no_fast_commits(const JournalFile& file, const JournalHeader& header, std::uint32_t next_sequence) {
  if (!header.fast_commits) return;
  for (std::uint32_t number = header.end; number < header.blocks && number < header.end + 2; ++number) {
    const Bytes block = file.read(number);
    const ByteReader reader(block, "ext4 journal");
    if (reader.u16le(0) == kHeadTag && reader.u16le(2) == 8 && reader.u32le(8) == next_sequence) {
      refuse("journal", "it holds fast commits, which are not supported");
    }
  }
}

std::vector<ReplayedBlock> read_journal(const Volume& raw) {
  const Superblock& sb = raw.superblock();
  if ((sb.compat & kHasJournal) == 0) refuse("journal", "there is none");
  if (sb.journal_inode == 0) refuse("journal", "it is on another disk");
  const JournalFile file(raw, raw.read_inode(sb.journal_inode));
  const JournalHeader header = parse_journal_header(file.read(0), file.blocks());
  if (header.start == 0) return {};
  JournalLog log = read_log(file, header);
  check_no_fast_commits(file, header, log.next_sequence);
  const auto revocations = newest_revocations(std::move(log.revocations));
  const std::uint64_t blocks = raw.disk().size().value / sb.block_size;  // the file system may have grown in the log
  std::vector<ReplayedBlock> replayed;
  replayed.reserve(log.blocks.size());
  for (const LoggedBlock& logged : log.blocks) {
    if (is_revoked(revocations, logged)) continue;
    if (logged.block >= blocks)
      refuse("journal", fmt::format("it has block {}, and the disk {}", logged.block, blocks));
    check_content(file, header, logged);
    replayed.push_back({logged.block, logged.place, logged.escaped});
  }
  // The newest of each block counts: reversed, it is the first of its equals.
  std::reverse(replayed.begin(), replayed.end());
  std::stable_sort(replayed.begin(), replayed.end(),
                   [](const ReplayedBlock& a, const ReplayedBlock& b) { return a.block < b.block; });
  replayed.erase(std::unique(replayed.begin(), replayed.end(),
                             [](const ReplayedBlock& a, const ReplayedBlock& b) { return a.block == b.block; }),
                 replayed.end());
  return replayed;
}

}  // namespace

ReplayedDisk::Position ReplayedDisk::find(std::uint64_t block) const {
  return std::lower_bound(blocks_.begin(), blocks_.end(), block,
                          [](const ReplayedBlock& replayed, std::uint64_t at) { return replayed.block < at; });
}

void ReplayedDisk::read_replayed(const ReplayedBlock& replayed, std::uint64_t within, std::span<std::byte> to) const {
  disk_.read(replayed.place * block_size_ + within, to);
  if (!replayed.escaped) return;
  for (std::uint64_t at = within; at < std::min<std::uint64_t>(4, within + to.size()); ++at) {
    to[at - within] = static_cast<std::byte>(kJournalMagic >> (24 - 8 * at));
  }
}

void ReplayedDisk::read(std::uint64_t offset, std::span<std::byte> to) const {
  auto next = find(offset / block_size_);
  while (!to.empty()) {
    const std::uint64_t start = next == blocks_.end() ? ~std::uint64_t{0} : next->block * block_size_;
    const bool replayed = start <= offset;
    const std::uint64_t end = replayed ? start + block_size_ : start;
    const std::size_t count = std::min<std::uint64_t>(to.size(), end - offset);
    if (replayed) {
      read_replayed(*next++, offset - start, to.first(count));
    } else {
      disk_.read(offset, to.first(count));
    }
    to = to.subspan(count);
    offset += count;
  }
}

// A replayed block is data, also where the disk has a hole.
std::optional<BlockRange> ReplayedDisk::next_data(std::uint64_t offset) const {
  const auto below = disk_.next_data(offset);
  auto next = find(offset / block_size_);
  if (next == blocks_.end()) return below;
  const std::uint64_t first = std::max(offset, next->block * block_size_);
  if (below && below->offset <= first) return below;
  std::uint64_t end = next->block + 1;
  for (++next; next != blocks_.end() && next->block == end; ++next) ++end;
  return BlockRange{first, end * block_size_ - first};
}

Replay replay_journal(const Volume& raw) {
  if ((raw.superblock().incompat & kNeedsRecovery) == 0) return {};
  try {
    auto blocks = read_journal(raw);
    return {.disk = std::make_unique<ReplayedDisk>(raw.disk(), raw.superblock().block_size, std::move(blocks)),
            .why_not = {}};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::BadInput) throw;
    return {.disk = nullptr, .why_not = error.message()};
  }
}

}  // namespace keelson::ext4
