#include "formats/qcow2/write.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "formats/qcow2/compression.h"
#include "formats/qcow2/header.h"

namespace keelson::qcow2 {

namespace {

constexpr std::uint32_t kClusterBits = 16;
constexpr std::uint64_t kCluster = 1u << kClusterBits;
constexpr std::uint64_t kL2Entries = kCluster / 8;
constexpr std::uint64_t kCopied = 1ull << 63;  // used once: may be written to in place
constexpr std::uint64_t kCompressed = 1ull << 62;
constexpr std::uint64_t kCompressedPlaceBits = 62 - (kClusterBits - 8);
constexpr std::uint32_t kRefcountOrder = 4;  // 16 bits per cluster
constexpr std::uint64_t kRefcountsPerBlock = kCluster / 2;
constexpr std::size_t kCompressors = 8;

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) { return (value + by - 1) / by; }

Bytes big_endian(const std::vector<std::uint64_t>& values) {
  ByteWriter writer;
  for (const std::uint64_t value : values) writer.u64be(value);
  return writer.take();
}

class Writer {
 public:
  Writer(ByteCount size, BlockSink& to, const WriteOptions& options)
      : size_(align_up(size, {512})),
        to_(to),
        options_(options),
        l1_(divide_up(size_.value, kL2Entries * kCluster)),
        l2_(kL2Entries),
        references_(1, 1),  // the header's cluster
        pieces_(to) {
    if (!options.compress) return;
    for (std::size_t i = 0; i < kCompressors; ++i) compressors_.emplace_back(options.level);
  }

  void take(std::span<const DataUnit> units) {
    if (options_.compress) compress(units);
    for (std::size_t i = 0; i < units.size(); ++i) {
      const std::uint64_t table = units[i].index / kL2Entries;
      if (table != current_table_) finish_table();
      current_table_ = table;
      table_used_ = true;
      const bool smaller = options_.compress && !compressed_[i].empty();
      l2_[units[i].index % kL2Entries] = smaller ? store_compressed(compressed_[i]) : store_plain(units[i].bytes);
    }
    pieces_.write();
  }

  void finish() {
    finish_table();
    const std::uint64_t l1_place = allocate(divide_up(l1_.size() * 8, kCluster));
    to_.write(l1_place, big_endian(l1_));
    // The reference counts count themselves: their number grows until it is enough.
    std::uint64_t blocks = 0;
    std::uint64_t table = 0;
    for (;;) {
      const std::uint64_t clusters = references_.size() + blocks + table;
      if (divide_up(clusters, kRefcountsPerBlock) <= blocks && divide_up(blocks * 8, kCluster) <= table) break;
      blocks = divide_up(clusters, kRefcountsPerBlock);
      table = divide_up(blocks * 8, kCluster);
    }
    const std::uint64_t blocks_place = allocate(blocks);
    const std::uint64_t table_place = allocate(table);
    write_references(blocks, blocks_place, table_place);
    write_header(l1_place, table_place, table);
    to_.set_size({references_.size() * kCluster});
  }

 private:
  std::uint64_t allocate(std::uint64_t clusters) {
    const std::uint64_t place = references_.size() * kCluster;
    references_.resize(references_.size() + clusters, 1);
    return place;
  }

  std::uint64_t store_plain(ByteView cluster) {
    const std::uint64_t place = allocate(1);
    pieces_.add(place, cluster);
    return place | kCopied;
  }

  // Compressed clusters lie close together; each counts as a reference to every cluster of the file that it touches.
  std::uint64_t store_compressed(ByteView bytes) {
    const std::uint64_t file_end = references_.size() * kCluster;
    const bool fits = bytes.size() <= partial_end_ - partial_;
    if (!fits && (partial_end_ != file_end || partial_ == partial_end_)) partial_ = partial_end_ = file_end;
    const std::uint64_t place = partial_;
    const std::uint64_t end = place + bytes.size();
    if (end > partial_end_) {
      references_.push_back(0);
      partial_end_ += kCluster;
    }
    partial_ = end;
    for (std::uint64_t i = place / kCluster; i <= (end - 1) / kCluster; ++i) ++references_[i];
    to_.write(place, bytes);
    const std::uint64_t more_sectors = (end - 1) / 512 - place / 512;
    return place | kCompressed | more_sectors << kCompressedPlaceBits;
  }

  void compress(std::span<const DataUnit> units) {
    compressed_.resize(std::max(compressed_.size(), units.size()));
    options_.run(kCompressors, [&](std::size_t task) {
      const std::size_t end = (task + 1) * units.size() / kCompressors;
      for (std::size_t i = task * units.size() / kCompressors; i < end; ++i) {
        compressors_[task].compress(units[i].bytes, compressed_[i]);
      }
    });
  }

  void finish_table() {
    if (!table_used_) return;
    const std::uint64_t place = allocate(1);
    l1_[current_table_] = place | kCopied;
    to_.write(place, big_endian(l2_));
    std::fill(l2_.begin(), l2_.end(), 0);
    table_used_ = false;
  }

  void write_references(std::uint64_t blocks, std::uint64_t blocks_place, std::uint64_t table_place) {
    std::vector<std::uint64_t> places;
    for (std::uint64_t i = 0; i < blocks; ++i) {
      ByteWriter block;
      const std::uint64_t end = std::min<std::uint64_t>(references_.size(), (i + 1) * kRefcountsPerBlock);
      for (std::uint64_t j = i * kRefcountsPerBlock; j < end; ++j) block.u16be(references_[j]);
      places.push_back(blocks_place + i * kCluster);
      to_.write(places.back(), block.view());
    }
    to_.write(table_place, big_endian(places));
  }

  void write_header(std::uint64_t l1_place, std::uint64_t table_place, std::uint64_t table_clusters) {
    ByteWriter header;
    header.text(kMagic);
    header.u32be(3);
    header.zeros(12);  // no backing file
    header.u32be(kClusterBits);
    header.u64be(size_.value);
    header.u32be(0);  // no encryption
    header.u32be(static_cast<std::uint32_t>(l1_.size()));
    header.u64be(l1_place);
    header.u64be(table_place);
    header.u32be(static_cast<std::uint32_t>(table_clusters));
    header.zeros(12);                               // no snapshots
    header.u64be(options_.compress ? 1u << 3 : 0);  // incompatible features: a compression type is named
    header.zeros(16);                               // no compatible or autoclear features
    header.u32be(kRefcountOrder);
    header.u32be(kHeaderBytes);
    header.u8(options_.compress ? 1 : 0);  // zstd
    header.align(kHeaderBytes);
    header.zeros(8);  // the end of the header's extensions
    to_.write(0, header.view());
  }

  const ByteCount size_;
  BlockSink& to_;
  const WriteOptions& options_;
  std::vector<std::uint64_t> l1_;
  std::vector<std::uint64_t> l2_;
  std::uint64_t current_table_ = 0;
  bool table_used_ = false;
  std::vector<std::uint16_t> references_;  // one per cluster of the file so far
  PieceWriter pieces_;
  std::uint64_t partial_ = 0;  // where the next compressed bytes go, up to partial_end_
  std::uint64_t partial_end_ = 0;
  std::vector<Compressor> compressors_;
  std::vector<Bytes> compressed_;
};

}  // namespace

void write_disk(const BlockSource& disk, BlockSink& to, const WriteOptions& options) {
  if (disk.size().value == 0) throw Error(ErrorKind::BadInput, "cannot write 'qcow2 disk': the disk is empty");
  Writer writer(disk.size(), to, options);
  for_each_data_unit(disk, {kCluster}, options.run, [&](std::span<const DataUnit> units) { writer.take(units); });
  writer.finish();
}

}  // namespace keelson::qcow2
