/// Values by a number, kept until they weigh too much together; then all are dropped. Safe for several threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace keelson {

template <typename Value>
class BoundedStore {
 public:
  /// @param bound the weight that all values together may reach.
  explicit BoundedStore(std::size_t bound) : bound_(bound) {}

  /// The value that is there, or what `make()` gives, kept with the weight `weigh(value)`. Two threads may make the
  /// same value at the same time; one of them stays.
  template <typename Make, typename Weigh>
  std::shared_ptr<const Value> get(std::uint64_t key, const Make& make, const Weigh& weigh) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = values_.find(key); found != values_.end()) return found->second;
    }
    auto value = std::make_shared<const Value>(make());
    const std::size_t weight = weigh(*value);
    const std::lock_guard lock(mutex_);
    if (weight_ + weight > bound_) {
      values_.clear();
      weight_ = 0;
    }
    if (weight <= bound_ && values_.emplace(key, value).second) weight_ += weight;
    return value;
  }

 private:
  std::size_t bound_;
  std::size_t weight_ = 0;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<const Value>> values_;
};

}  // namespace keelson
