/// Pieces of bytes that were used last, by a number, within a bound: tables and decompressed clusters.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/bytes.h"
#include "base/units.h"

namespace keelson::qcow2 {

/// Thread-safe. What was handed out stays valid as long as somebody holds it.
class ByteCache {
 public:
  explicit ByteCache(ByteCount limit) : limit_(limit) {}

  /// The bytes for `key`, from `load` if they are not here. Two threads that miss at once both load.
  std::shared_ptr<const Bytes> get(std::uint64_t key, const std::function<Bytes()>& load);

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::shared_ptr<const Bytes> bytes;
  };

  const ByteCount limit_;
  std::mutex mutex_;
  std::uint64_t held_ = 0;
  std::list<Entry> entries_;  // the one used last comes first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places_;
};

}  // namespace keelson::qcow2
