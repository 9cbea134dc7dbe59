#include "inspect/report/treemap.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace keelson::inspect {

namespace {

std::uint32_t part_of(std::uint32_t length, double weight, double total) {
  if (total <= 0) return 0;
  return static_cast<std::uint32_t>(std::llround(std::clamp(weight / total, 0.0, 1.0) * length));
}

class Cutter {
 public:
  Cutter(const std::vector<std::uint64_t>& weights, Rectangle area) : weights_(weights), rest_(area) {
    for (const auto weight : weights_) left_ += static_cast<double>(weight);
    cells_.resize(weights_.size());
  }

  std::vector<Rectangle> cut() {
    std::size_t end = weights_.size();
    while (end > 0 && weights_[end - 1] == 0) --end;  // so that what is cut last takes all that is left
    for (std::size_t first = 0; first < end;) {
      const std::size_t count = row_length(first, end);
      place(first, count, first + count == end);
      first += count;
    }
    return std::move(cells_);
  }

 private:
  // How many of the next belong beside each other along the shorter edge: as long as the worst shape gets better.
  std::size_t row_length(std::size_t first, std::size_t end) const {
    const double edge = std::min(rest_.width, rest_.height);
    const double scale = left_ > 0 ? static_cast<double>(rest_.width) * rest_.height / left_ : 0;
    double sum = 0, worst = 0;
    for (std::size_t i = first; i < end; ++i) {
      const double area = static_cast<double>(weights_[i]) * scale;
      const double largest = static_cast<double>(weights_[first]) * scale;
      sum += area;
      if (sum <= 0 || edge <= 0 || area <= 0) continue;  // it adds nothing that has a shape
      const double ratio = std::max(edge * edge * largest / (sum * sum), sum * sum / (edge * edge * area));
      if (i > first && ratio > worst) return i - first;
      worst = ratio;
    }
    return end - first;
  }

  void place(std::size_t first, std::size_t count, bool is_last) {
    double sum = 0;
    for (std::size_t i = first; i < first + count; ++i) sum += static_cast<double>(weights_[i]);
    const bool stands = rest_.width >= rest_.height;  // the row stands at the left, or lies at the top
    const std::uint32_t whole = stands ? rest_.width : rest_.height;
    const std::uint32_t depth = is_last ? whole : part_of(whole, sum, left_);
    const std::uint32_t length = stands ? rest_.height : rest_.width;
    // Edges follow from sums, not from rounded lengths: so nothing is left between them.
    double before = 0;
    std::uint32_t start = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      before += static_cast<double>(weights_[i]);
      const std::uint32_t stop = i + 1 == first + count ? length : std::max(start, part_of(length, before, sum));
      cells_[i] = stands ? Rectangle{rest_.x, rest_.y + start, depth, stop - start}
                         : Rectangle{rest_.x + start, rest_.y, stop - start, depth};
      start = stop;
    }
    if (stands) {
      rest_.x += depth;
      rest_.width -= depth;
    } else {
      rest_.y += depth;
      rest_.height -= depth;
    }
    left_ -= sum;
  }

  const std::vector<std::uint64_t>& weights_;
  Rectangle rest_;
  double left_ = 0;  // weight of what is not placed yet
  std::vector<Rectangle> cells_;
};

}  // namespace

std::vector<Rectangle> squarified(const std::vector<std::uint64_t>& weights, Rectangle area) {
  return Cutter(weights, area).cut();
}

}  // namespace keelson::inspect
