#include "formats/qcow2/cluster_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace keelson::qcow2 {

namespace {

constexpr std::uint64_t kOffsetMask = 0x00FF'FFFF'FFFF'FE00;  // bits 9 to 55
constexpr std::uint64_t kCompressedFlag = 1ull << 62;
constexpr std::uint64_t kZeroFlag = 1;
constexpr ByteCount kTablesKept = mebibytes(8);

[[noreturn]] void refuse(std::uint64_t offset, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'qcow2 cluster' at {} of the disk: {}", offset, why),
              std::move(hint));
}

bool joins(const Extent& first, const Extent& second) {
  if (first.kind != second.kind) return false;
  if (first.kind == Extent::Kind::Zeros) return true;
  return first.kind == Extent::Kind::Data && second.host == first.host + first.length;
}

}  // namespace

ClusterMap::ClusterMap(const BlockSource& file, const Header& header)
    : file_(file), header_(header), l1_(header.l1_entries), tables_(kTablesKept) {
  const Bytes bytes = read_blocks(file, header.l1_offset, header.l1_entries * 8, kLargestL1);
  const ByteReader reader(bytes, "qcow2 first table");
  std::vector<std::uint64_t> used;
  for (std::size_t i = 0; i < l1_.size(); ++i) {
    l1_[i] = reader.u64be(i * 8) & kOffsetMask;
    if (l1_[i] == 0) continue;
    if (l1_[i] % header.cluster_size() != 0) refuse(i * header.l2_span(), "its table is not at a cluster's beginning");
    if (l1_[i] > file.size().value || header.cluster_size() > file.size().value - l1_[i]) {
      refuse(i * header.l2_span(), "its table lies past the end of the file", "the file was cut short: copy it again");
    }
    used.push_back(l1_[i]);
  }
  std::sort(used.begin(), used.end());
  if (const auto twice = std::adjacent_find(used.begin(), used.end()); twice != used.end()) {
    refuse(0, fmt::format("the table at {} is used twice", *twice));
  }
}

Extent ClusterMap::extent_at(std::uint64_t offset, std::uint64_t limit) const {
  const std::uint64_t index = offset / header_.l2_span();
  const std::uint64_t end = std::min(limit, (index + 1) * header_.l2_span());
  const std::uint64_t place = l1_.at(index);
  if (place == 0) return {.kind = Extent::Kind::Zeros, .offset = offset, .length = end - offset};
  const auto bytes = tables_.get(place, [&] { return read_blocks(file_, place, header_.cluster_size()); });
  const ByteReader table(*bytes, "qcow2 second table");
  Extent extent = piece_at(table, offset);
  while (extent.end() < end && (extent.kind == Extent::Kind::Zeros || extent.length < kEnoughData)) {
    const Extent next = piece_at(table, extent.end());
    if (!joins(extent, next)) break;
    extent.length += next.length;
  }
  extent.length = std::min(extent.length, end - offset);
  return extent;
}

// From `offset` to the end of its cluster, or subcluster, at most.
Extent ClusterMap::piece_at(const ByteReader& table, std::uint64_t offset) const {
  const std::uint64_t in_cluster = offset % header_.cluster_size();
  const std::uint64_t index = offset % header_.l2_span() / header_.cluster_size();
  const std::uint64_t cluster_end = std::min(header_.size.value, offset - in_cluster + header_.cluster_size());
  Extent zeros{.kind = Extent::Kind::Zeros, .offset = offset, .length = cluster_end - offset};
  const std::uint64_t entry = table.u64be(index * (header_.extended_l2 ? 16 : 8));
  if ((entry & kCompressedFlag) != 0) return compressed(entry, offset);
  if (!header_.extended_l2) {
    if ((entry & kZeroFlag) != 0) {
      if (header_.version == 2) refuse(offset, "it is marked as zeros, which version 2 has not");
      return zeros;
    }
    return (entry & kOffsetMask) == 0 ? zeros : data(entry, offset, cluster_end);
  }
  if ((entry & kZeroFlag) != 0) refuse(offset, "an extended entry has no mark for zeros");
  const std::uint64_t bits = table.u64be(index * 16 + 8);
  const auto allocated = static_cast<std::uint32_t>(bits);
  check_subclusters(allocated, static_cast<std::uint32_t>(bits >> 32), offset);
  // Subclusters of one kind in a row are one piece.
  const std::uint64_t size = header_.cluster_size() / 32;
  const auto first = static_cast<unsigned>(in_cluster / size);
  const std::uint32_t rest = allocated >> first;
  const bool is_data = (rest & 1) != 0;
  const auto run = static_cast<std::uint64_t>(is_data ? std::countr_one(rest) : std::countr_zero(rest));
  const std::uint64_t end =
      std::min(cluster_end, offset - in_cluster + std::min<std::uint64_t>(first + run, 32) * size);
  if (is_data) return data(entry, offset, end);
  zeros.length = end - offset;
  return zeros;
}

void ClusterMap::check_subclusters(std::uint32_t allocated, std::uint32_t zeros, std::uint64_t offset) const {
  if ((allocated & zeros) != 0) refuse(offset, "a subcluster is marked as data and as zeros");
}

// The part of the cluster that belongs to the disk must be in the file: a file that was cut short is not zeros.
Extent ClusterMap::data(std::uint64_t entry, std::uint64_t offset, std::uint64_t end) const {
  const std::uint64_t cluster = entry & kOffsetMask;
  const std::uint64_t in_cluster = offset % header_.cluster_size();
  if (cluster % header_.cluster_size() != 0) refuse(offset, "it is not at a cluster's beginning");
  if (cluster == 0) refuse(offset, "it is where the header is");
  const std::uint64_t needed = in_cluster + (end - offset);
  if (cluster > file_.size().value || needed > file_.size().value - cluster) {
    refuse(offset, fmt::format("it is said to be at {}, past the end of the file", cluster),
           "the file was cut short: copy it again");
  }
  return {.kind = Extent::Kind::Data, .offset = offset, .length = end - offset, .host = cluster + in_cluster};
}

Extent ClusterMap::compressed(std::uint64_t entry, std::uint64_t offset) const {
  const std::uint64_t count_bits = header_.cluster_bits - 8;
  const std::uint64_t place_bits = 62 - count_bits;
  const std::uint64_t place = entry & ((1ull << place_bits) - 1);
  const std::uint64_t sectors = ((entry >> place_bits) & ((1ull << count_bits) - 1)) + 1;
  if (place < header_.cluster_size()) refuse(offset, "it is where the header is");
  if (place >= file_.size().value) {
    refuse(offset, fmt::format("it is said to be at {}, past the end of the file", place),
           "the file was cut short: copy it again");
  }
  const std::uint64_t in_cluster = offset % header_.cluster_size();
  const std::uint64_t end = std::min(header_.size.value, offset - in_cluster + header_.cluster_size());
  return {.kind = Extent::Kind::Compressed,
          .offset = offset,
          .length = end - offset,
          .host = place,
          // Whole sectors, of which the last may be more than is used, or than the file has.
          .host_length = std::min(sectors * 512 - place % 512, file_.size().value - place)};
}

}  // namespace keelson::qcow2
