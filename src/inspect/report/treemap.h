/// A rectangle cut into one for each weight, each as near to a square as it gets.
/// Source: Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000.
#pragma once

#include <cstdint>
#include <vector>

namespace keelson::inspect {

/// In whole units of a drawing, so that neighbours share their edges exactly.
struct Rectangle {
  std::uint32_t x = 0;
  std::uint32_t y = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  bool operator==(const Rectangle&) const = default;
};

/// As many as there are weights, in their order: they cover `area`, and none overlaps another. What weighs too little
/// for a whole unit is empty. All are when nothing weighs anything.
/// @param weights falling, for the best shapes.
std::vector<Rectangle> squarified(const std::vector<std::uint64_t>& weights, Rectangle area);

}  // namespace keelson::inspect
