#include "base/composed_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson {

namespace {

void check_range(std::uint64_t offset, std::uint64_t length, ByteCount size) {
  if (offset <= size.value && length <= size.value - offset) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot place bytes {} to {} of a disk: it has {}", offset, offset + length, size.value));
}

}  // namespace

void ComposedBlocks::place(std::uint64_t offset, const BlockSource& source, BlockRange range) {
  if (range.length == 0) return;
  check_range(offset, range.length, size());
  check_range(range.offset, range.length, source.size());
  const Place place{offset, &source, range};
  if (places_.empty() || places_.back().end() <= offset) {
    Place* last = places_.empty() ? nullptr : &places_.back();
    if (last && last->end() == offset && last->source == &source && last->range.end() == range.offset) {
      last->range.length += range.length;
    } else {
      places_.push_back(place);
    }
    return;
  }
  std::vector<Place> all;
  bool stored = false;
  for (const Place& other : places_) {
    if (other.offset < offset)
      all.push_back({other.offset, other.source, {other.range.offset, std::min(other.end(), offset) - other.offset}});
    if (!stored && other.end() > offset) {
      all.push_back(place);
      stored = true;
    }
    if (other.end() > place.end()) {
      const std::uint64_t begin = std::max(other.offset, place.end());
      all.push_back({begin, other.source, {other.range.offset + (begin - other.offset), other.end() - begin}});
    }
  }
  places_ = std::move(all);
}

std::vector<ComposedBlocks::Place>::const_iterator ComposedBlocks::first_ending_after(std::uint64_t offset) const {
  return std::partition_point(places_.begin(), places_.end(),
                              [&](const Place& place) { return place.end() <= offset; });
}

void ComposedBlocks::read(std::uint64_t offset, std::span<std::byte> to) const {
  check_range(offset, to.size(), size());
  auto place = first_ending_after(offset);
  while (!to.empty()) {
    const bool placed = place != places_.end() && place->offset <= offset;
    const std::uint64_t end = placed ? place->end() : place != places_.end() ? place->offset : size().value;
    const auto part = to.first(std::min<std::uint64_t>(to.size(), end - offset));
    if (placed) {
      place->source->read(place->range.offset + (offset - place->offset), part);
      ++place;
    } else {
      bottom_.read(offset, part);
    }
    offset += part.size();
    to = to.subspan(part.size());
  }
}

std::optional<BlockRange> ComposedBlocks::next_data(std::uint64_t offset) const {
  auto place = first_ending_after(offset);
  while (offset < size().value) {
    const bool placed = place != places_.end() && place->offset <= offset;
    const std::uint64_t end = placed ? place->end() : place != places_.end() ? place->offset : size().value;
    // How far this part's own offsets are from ours.
    const std::uint64_t shift = placed ? place->range.offset - place->offset : 0;
    const auto found = placed ? place->source->next_data(offset + shift) : bottom_.next_data(offset);
    if (found && found->offset - shift < end) {
      const std::uint64_t begin = found->offset - shift;
      return BlockRange{begin, std::min(found->length, end - begin)};
    }
    if (placed) ++place;
    offset = end;
  }
  return std::nullopt;
}

}  // namespace keelson
