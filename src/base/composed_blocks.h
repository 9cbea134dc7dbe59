/// A disk put together from ranges of other disks, without copying any of them.
#pragma once

#include <vector>

#include "base/block_source.h"

namespace keelson {

/// Where nothing was placed, the bottom disk shows. As safe for several threads as the disks below are, once nothing is
/// placed any more.
class ComposedBlocks final : public BlockSource {
 public:
  /// `bottom` must outlive this; its size is the size of the whole.
  explicit ComposedBlocks(const BlockSource& bottom) : bottom_(bottom) {}

  /// Lets `range` of `source`, which must outlive this, appear at `offset`; what was there shows no longer. Placing in
  /// rising order is quick; anything else, and what overlaps, takes time in the number of places.
  /// @throws Error(BadInput) if either range reaches past its disk's end.
  void place(std::uint64_t offset, const BlockSource& source, BlockRange range);

  ByteCount size() const override { return bottom_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  struct Place {
    std::uint64_t offset = 0;
    const BlockSource* source = nullptr;
    BlockRange range;

    std::uint64_t end() const { return offset + range.length; }
  };

  std::vector<Place>::const_iterator first_ending_after(std::uint64_t offset) const;

  const BlockSource& bottom_;
  std::vector<Place> places_;  ///< rising, not overlapping
};

}  // namespace keelson
