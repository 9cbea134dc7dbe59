#include "formats/vhdx/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "formats/vhdx/log_entries.h"

namespace keelson::vhdx {

namespace {

constexpr std::size_t kEntryHeader = 64;
constexpr std::size_t kDescriptor = 32;

[[noreturn]] void refuse(std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'VHDX log': {}", why), std::move(hint));
}

}  // namespace

ReplayedFile::ReplayedFile(const BlockSource& file, const Header& header) : file_(file) {
  if (header.log == Uuid{} || header.log_length == 0) return;
  if (header.log_length > kLargestLog.value) refuse(fmt::format("it has {} bytes", header.log_length));
  const Bytes log = read_blocks(file, header.log_offset, header.log_length, kLargestLog);
  const auto entries = find_active_sequence(log, header.log);
  if (entries.empty()) {
    refuse("the header names a log and it holds no whole entry", "run 'qemu-img check -r all' on a copy");
  }
  if (entries.back().flushed_size > file.size().value) {
    refuse(fmt::format("the file had {} bytes when it was written and has {}", entries.back().flushed_size,
                       file.size().value),
           "the file was cut short: copy it again");
  }
  for (const auto& entry : entries) apply(entry.bytes);
}

void ReplayedFile::apply(ByteView bytes) {
  const ByteReader entry(bytes, "VHDX log entry");
  const std::uint32_t count = entry.u32le(24);
  std::size_t sector = descriptor_area(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t at = kEntryHeader + std::size_t{i} * kDescriptor;
    if (entry.text(at, 4) == "zero") {
      apply_zeros(entry, at);
    } else {
      apply_data(entry, at, sector);
      sector += kLogSector;
    }
  }
}

std::uint64_t ReplayedFile::checked_place(std::uint64_t place, std::uint64_t length) const {
  if (place % kLogSector != 0 || length % kLogSector != 0 || place > size().value || length > size().value - place) {
    refuse(fmt::format("it writes {} bytes at {}, where none can be", length, place));
  }
  return place;
}

// 2.3.1.3: the first 8 and the last 4 bytes of the sector are in the descriptor.
void ReplayedFile::apply_data(const ByteReader& entry, std::size_t descriptor, std::size_t sector) {
  Bytes content;
  const auto add = [&](ByteView bytes) { content.insert(content.end(), bytes.begin(), bytes.end()); };
  add(entry.bytes(descriptor + 8, 8));
  add(entry.bytes(sector + 8, kLogSector - 12));
  add(entry.bytes(descriptor + 4, 4));
  sectors_[checked_place(entry.u64le(descriptor + 16), kLogSector)] = std::move(content);
}

void ReplayedFile::apply_zeros(const ByteReader& entry, std::size_t descriptor) {
  const std::uint64_t length = entry.u64le(descriptor + 8);
  std::uint64_t begin = checked_place(entry.u64le(descriptor + 16), length);
  std::uint64_t end = begin + length;
  sectors_.erase(sectors_.lower_bound(begin), sectors_.lower_bound(end));
  // Join with what it touches, so that ranges stay apart.
  auto next = zeros_.upper_bound(begin);
  if (next != zeros_.begin() && std::prev(next)->second >= begin) --next;
  while (next != zeros_.end() && next->first <= end) {
    begin = std::min(begin, next->first);
    end = std::max(end, next->second);
    next = zeros_.erase(next);
  }
  if (end > begin) zeros_[begin] = end;
}

void ReplayedFile::read(std::uint64_t offset, std::span<std::byte> to) const {
  file_.read(offset, to);
  if (!is_changed()) return;
  const std::uint64_t limit = offset + to.size();
  auto zeros = zeros_.upper_bound(offset);
  if (zeros != zeros_.begin()) --zeros;
  for (; zeros != zeros_.end() && zeros->first < limit; ++zeros) {
    const std::uint64_t begin = std::max(offset, zeros->first);
    const std::uint64_t end = std::min(limit, zeros->second);
    if (begin < end) std::memset(to.data() + (begin - offset), 0, end - begin);
  }
  auto sector = sectors_.lower_bound(offset / kLogSector * kLogSector);
  for (; sector != sectors_.end() && sector->first < limit; ++sector) {
    const std::uint64_t begin = std::max(offset, sector->first);
    const std::uint64_t end = std::min<std::uint64_t>(limit, sector->first + kLogSector);
    std::memcpy(to.data() + (begin - offset), sector->second.data() + (begin - sector->first), end - begin);
  }
}

}  // namespace keelson::vhdx
