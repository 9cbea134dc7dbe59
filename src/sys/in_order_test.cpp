#include "sys/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <stdexcept>

namespace keelson {
namespace {

class InOrder : public ::testing::TestWithParam<std::size_t> {};

TEST_P(InOrder, ResultsAreTakenInTheirOrder) {
  for (const std::size_t count : {0U, 1U, 2U, 7U, 3000U}) {
    std::vector<std::size_t> taken;
    make_in_order(
        count, [](std::size_t number) { return std::make_unique<std::size_t>(number); },
        [&taken](std::unique_ptr<std::size_t> number) { taken.push_back(*number); }, GetParam());
    std::vector<std::size_t> all(count);
    std::iota(all.begin(), all.end(), 0U);
    EXPECT_EQ(taken, all);
  }
}

TEST_P(InOrder, TheFirstThatThrowsEndsItAfterThoseBeforeIt) {
  std::size_t taken = 0;
  const auto make = [](std::size_t number) {
    if (number >= 500) throw std::out_of_range(std::to_string(number));
    return number;
  };
  try {
    make_in_order(
        1000, make, [&taken](std::size_t) { ++taken; }, GetParam());
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::out_of_range& error) {
    EXPECT_STREQ(error.what(), "500");
  }
  EXPECT_EQ(taken, 500U);
}

TEST_P(InOrder, WhoTakesMayEndIt) {
  std::atomic<std::size_t> made{0};
  const auto take = [](std::size_t number) {
    if (number == 10) throw std::runtime_error("enough");
  };
  EXPECT_THROW(make_in_order(
                   100'000, [&made](std::size_t number) { return ++made, number; }, take, GetParam()),
               std::runtime_error);
  EXPECT_LT(made, 100U) << "no more is made than a few for each thread";
}

INSTANTIATE_TEST_SUITE_P(Threads, InOrder, ::testing::Values(1U, 2U, 8U));

}  // namespace
}  // namespace keelson
