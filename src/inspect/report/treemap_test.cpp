#include "inspect/report/treemap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace keelson::inspect {
namespace {

// Every unit of the area is in exactly one rectangle, and no rectangle leaves it.
void expect_tiles(const std::vector<std::uint64_t>& weights, Rectangle area) {
  const auto cells = squarified(weights, area);
  ASSERT_EQ(cells.size(), weights.size());
  std::vector<int> covered(std::size_t{area.width} * area.height);
  for (const auto& cell : cells) {
    if (cell.width == 0 || cell.height == 0) continue;
    ASSERT_GE(cell.x, area.x);
    ASSERT_GE(cell.y, area.y);
    ASSERT_LE(cell.x + cell.width, area.x + area.width);
    ASSERT_LE(cell.y + cell.height, area.y + area.height);
    for (auto y = cell.y; y < cell.y + cell.height; ++y)
      for (auto x = cell.x; x < cell.x + cell.width; ++x)
        ++covered[std::size_t{y - area.y} * area.width + (x - area.x)];
  }
  for (const int times : covered) ASSERT_EQ(times, 1);
}

TEST(Treemap, CoversItsAreaWithoutOverlap) {
  expect_tiles({6, 6, 4, 3, 2, 2, 1}, {0, 0, 60, 40});
  expect_tiles({1}, {5, 7, 30, 20});
  expect_tiles({1000, 1, 1, 1, 1, 1, 1}, {3, 4, 101, 57});
  expect_tiles({1, 1000, 3, 0, 500, 0, 0}, {0, 0, 99, 98});  // not falling, with nothing among them
  const std::uint64_t huge = ~std::uint64_t{0};
  expect_tiles({huge, huge, huge / 2, 1, 0}, {0, 0, 97, 31});
  std::uint64_t seed = 1;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> weights;
    for (int i = 0; i < 1 + round % 40; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      weights.push_back(seed >> (20 + seed % 40));
    }
    if (std::accumulate(weights.begin(), weights.end(), 0.0) <= 0) continue;
    expect_tiles(weights, {0, 0, 1 + static_cast<std::uint32_t>(round), 77});
  }
}

TEST(Treemap, AreasAreAsTheWeights) {
  const auto cells = squarified({6, 6, 4, 3, 2, 2, 1}, {0, 0, 600, 400});
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double wanted = std::vector<double>{6, 6, 4, 3, 2, 2, 1}[i] * 10'000;
    EXPECT_NEAR(static_cast<double>(cells[i].width) * cells[i].height, wanted, 700) << i;
    EXPECT_LT(
        static_cast<double>(std::max(cells[i].width, cells[i].height)) / std::min(cells[i].width, cells[i].height), 3.1)
        << i;
  }
}

TEST(Treemap, NothingWeighsNothing) {
  EXPECT_TRUE(squarified({}, {0, 0, 10, 10}).empty());
  EXPECT_EQ(squarified({0, 0}, {0, 0, 10, 10}), (std::vector<Rectangle>{{}, {}}));
  EXPECT_EQ(squarified({5}, {1, 2, 0, 0}), (std::vector<Rectangle>{{1, 2, 0, 0}}));
}

}  // namespace
}  // namespace keelson::inspect
