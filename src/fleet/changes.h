/// What has changed in a cluster, for who keeps something that was worked out from it: so that a decision costs as much
/// as has changed, and not as much as there is.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace keelson::fleet {

/// Where something is kept in a cluster. The same in a copy of it.
using Slot = std::uint32_t;

/// A list of places (a node with its pods) in the order in which they were touched. Not thread-safe, not even mark().
class Changes {
 public:
  /// How far somebody has read.
  struct Mark {
    std::uint64_t history = 0;  ///< which cluster's; no cluster has 0
    std::uint64_t layout = 0;   ///< changes with every node or budget that comes or goes
    std::uint64_t read = 0;
  };

  Mark mark() const {
    marked_ = begin_ + touched_.size();
    return {history_.number, layout_, marked_};
  }
  /// The places touched since, some of them perhaps more than once. Nothing when that is not known, or more than these
  /// may have changed: then nothing holds that was worked out before. Good until the next change.
  std::optional<std::span<const Slot>> since(const Mark& mark) const {
    if (mark.history != history_.number || mark.layout != layout_ || mark.read < begin_) return std::nullopt;
    return std::span<const Slot>(touched_).subspan(mark.read - begin_);
  }

  void touch(Slot place) {
    if (place >= last_touch_.size()) last_touch_.resize(place + 1);
    if (last_touch_[place] > marked_) return;  // whoever reads from a mark of now or before finds it
    if (touched_.size() >= kMost) forget();
    touched_.push_back(place);
    last_touch_[place] = begin_ + touched_.size();
  }
  void change_layout() { ++layout_; }

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 16;

  /// A copy has a history of its own, and so has what is left behind by a move.
  struct History {
    std::uint64_t number = next();

    History() = default;
    History(const History&) {}
    History& operator=(const History& other) {
      if (this != &other) number = next();
      return *this;
    }
    History(History&& other) noexcept : number(other.number) { other.number = next(); }
    History& operator=(History&& other) noexcept {
      number = other.number;
      other.number = next();
      return *this;
    }
    ~History() = default;

   private:
    static std::uint64_t next() {
      static std::atomic<std::uint64_t> last{0};
      return ++last;
    }
  };

  /// What nobody needs who reads on from the newest mark; all of it when that is too much.
  void forget() {
    const std::size_t read = marked_ > begin_ ? marked_ - begin_ : 0;
    const std::size_t gone = touched_.size() - read > kMost / 2 ? touched_.size() : read;
    begin_ += gone;
    touched_.erase(touched_.begin(), touched_.begin() + static_cast<std::ptrdiff_t>(gone));
  }

  History history_;
  std::uint64_t layout_ = 0;
  std::uint64_t begin_ = 0;  ///< how many were forgotten
  std::vector<Slot> touched_;
  std::vector<std::uint64_t> last_touch_;  ///< by place: how many touches there were after its last one; 0: none
  mutable std::uint64_t marked_ = 0;       ///< how far the newest mark has read
};

}  // namespace keelson::fleet
