#include "formats/qcow2/byte_cache.h"

namespace keelson::qcow2 {

std::shared_ptr<const Bytes> ByteCache::get(std::uint64_t key, const std::function<Bytes()>& load) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->bytes;
    }
  }
  auto bytes = std::make_shared<const Bytes>(load());
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(key); found != places_.end()) return found->second->bytes;
  entries_.push_front({key, bytes});
  places_[key] = entries_.begin();
  held_ += bytes->size();
  while (held_ > limit_.value && entries_.size() > 1) {
    held_ -= entries_.back().bytes->size();
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
  return bytes;
}

}  // namespace keelson::qcow2
