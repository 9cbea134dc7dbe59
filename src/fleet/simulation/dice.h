/// Chance that comes out the same everywhere: SplitMix64 (Steele, Lea, Flood 2014), and whole numbers only, because the
/// standard library's distributions differ from one implementation to the next.
#pragma once

#include <chrono>
#include <cstdint>

namespace keelson::fleet {

/// How long something takes: half of the time at most `half`, nine times of ten at most `most`.
struct Duration {
  std::chrono::seconds half{0};
  std::chrono::seconds most{0};
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 to `below` - 1; 0 for 0.
  std::uint64_t below(std::uint64_t below) { return below == 0 ? 0 : next() % below; }
  bool in_a_thousand(std::uint64_t chances) { return this->below(1000) < chances; }

  /// Straight lines between what is known: 3/5 of the half at least, 3/2 of the most at most.
  std::chrono::seconds draw(const Duration& duration) {
    const auto per_mille = static_cast<std::int64_t>(below(1000));
    const std::int64_t half = duration.half.count();
    const std::int64_t most = duration.most.count();
    if (per_mille < 500) return std::chrono::seconds(half * 3 / 5 + half * 2 / 5 * per_mille / 500);
    if (per_mille < 900) return std::chrono::seconds(half + (most - half) * (per_mille - 500) / 400);
    return std::chrono::seconds(most + most / 2 * (per_mille - 900) / 100);
  }

 private:
  std::uint64_t state_;
};

}  // namespace keelson::fleet
