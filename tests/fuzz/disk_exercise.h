// What every reader of a disk container must stand: walking its data, and reading here and there. An Error is a good
// answer; anything else than an Error or bytes is not.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "base/block_source.h"
#include "base/error.h"

namespace keelson {

inline void exercise_disk(const BlockSource& disk) {
  const std::uint64_t size = disk.size().value;
  Bytes bytes(std::min<std::uint64_t>(size, 40'000));
  const auto read_at = [&](std::uint64_t offset) {
    try {
      disk.read(offset, std::span(bytes).first(std::min<std::uint64_t>(bytes.size(), size - offset)));
    } catch (const Error&) {
    }
  };
  read_at(0);
  read_at(size - bytes.size());
  read_at(size / 3);
  std::uint64_t at = 0;
  for (int i = 0; i < 50; ++i) {
    const auto range = disk.next_data(at);
    if (!range) return;
    if (range->offset < at || range->length == 0 || range->length > size || range->offset > size - range->length) {
      std::abort();
    }
    read_at(range->offset);
    at = range->end();
  }
}

}  // namespace keelson
