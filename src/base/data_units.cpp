#include "base/data_units.h"

#include <algorithm>
#include <array>
#include <vector>

namespace keelson {

namespace {

constexpr std::size_t kChunks = 8;           // of a batch
constexpr std::uint64_t kChunk = 512 << 10;  // large enough for cheap calls, small enough for the processor's cache

// A run of whole units, of which the source says that `ranges` may hold data.
struct Chunk {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // up to the disk's end
  std::vector<BlockRange> ranges;
  Bytes buffer;
  std::vector<DataUnit> found;
};

// Read at the same time, given together.
struct Batch {
  std::array<Chunk, kChunks> chunks;
  std::size_t count = 0;
};

class Walker {
 public:
  Walker(const BlockSource& disk, ByteCount unit)
      : disk_(disk), unit_(unit.value), chunk_size_(std::max(unit.value, kChunk)) {}

  // The next chunk with data; false when there is none.
  bool next(Chunk& chunk) {
    if (!advance()) return false;
    chunk.offset = range_->offset / chunk_size_ * chunk_size_;
    chunk.length = std::min(chunk_size_, disk_.size().value - chunk.offset);
    chunk.ranges.clear();
    const std::uint64_t end = chunk.offset + chunk.length;
    while (advance() && range_->offset < end) {
      const std::uint64_t stop = std::min(range_->end(), end);
      chunk.ranges.push_back({range_->offset, stop - range_->offset});
      at_ = stop;
    }
    return true;
  }

  // Reads the chunk and finds its units with data. Different chunks may be loaded at the same time.
  void load(Chunk& chunk) const {
    chunk.buffer.resize(chunk_size_);
    chunk.found.clear();
    std::uint64_t done = 0;
    const auto clear_to = [&](std::uint64_t end) {
      std::fill(chunk.buffer.begin() + static_cast<std::ptrdiff_t>(done),
                chunk.buffer.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
    };
    for (const BlockRange& range : chunk.ranges) {
      clear_to(range.offset - chunk.offset);
      disk_.read(range.offset, std::span(chunk.buffer).subspan(range.offset - chunk.offset, range.length));
      done = range.end() - chunk.offset;
    }
    clear_to(chunk_size_);
    for (std::uint64_t start = 0; start < chunk.length; start += unit_) {
      const ByteView bytes = ByteView(chunk.buffer).subspan(start, unit_);
      if (!is_zero(bytes)) chunk.found.push_back({(chunk.offset + start) / unit_, bytes});
    }
  }

 private:
  // Makes range_ begin at at_ or later; false at the end. The source is asked once per range.
  bool advance() {
    if (range_ && at_ >= range_->end()) range_.reset();
    if (range_ && at_ > range_->offset) range_ = BlockRange{at_, range_->end() - at_};
    if (!range_) range_ = disk_.next_data(at_);
    return range_.has_value();
  }

  const BlockSource& disk_;
  std::uint64_t unit_;
  std::uint64_t chunk_size_;
  std::uint64_t at_ = 0;
  std::optional<BlockRange> range_;
};

}  // namespace

void run_serially(std::size_t count, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < count; ++i) body(i);
}

void for_each_data_unit(const BlockSource& disk, ByteCount unit, const Runner& run,
                        const std::function<void(std::span<const DataUnit>)>& take) {
  Walker walker(disk, unit);
  Batch current;
  Batch next;
  bool more = true;
  const auto plan = [&](Batch& batch) {
    batch.count = 0;
    while (batch.count < kChunks && (more = more && walker.next(batch.chunks[batch.count]))) ++batch.count;
  };
  plan(current);
  run(current.count, [&](std::size_t i) { walker.load(current.chunks[i]); });
  std::vector<DataUnit> units;
  while (current.count > 0) {
    units.clear();
    for (std::size_t i = 0; i < current.count; ++i)
      units.insert(units.end(), current.chunks[i].found.begin(), current.chunks[i].found.end());
    plan(next);
    // Files take one write at a time: while one batch is written, the next is read.
    run(2, [&](std::size_t task) {
      if (task == 0 && !units.empty()) take(units);
      for (std::size_t i = 0; task == 1 && i < next.count; ++i) walker.load(next.chunks[i]);
    });
    std::swap(current, next);
  }
}

void PieceWriter::add(std::uint64_t offset, ByteView bytes) {
  if (!pieces_.empty()) {
    Piece& last = pieces_.back();
    if (last.offset + last.bytes.size() == offset && last.bytes.data() + last.bytes.size() == bytes.data()) {
      last.bytes = ByteView(last.bytes.data(), last.bytes.size() + bytes.size());
      return;
    }
  }
  pieces_.push_back({offset, bytes});
}

void PieceWriter::write() {
  for (const Piece& piece : pieces_) to_.write(piece.offset, piece.bytes);
  pieces_.clear();
}

}  // namespace keelson
