#include "packages/deb/resolve/order.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace keelson::deb {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> order_of(const std::vector<OrderedPackage>& packages) {
  std::vector<std::string> names;
  for (const auto number : install_order(packages)) names.emplace_back(packages[number].name);
  return names;
}

TEST(InstallOrder, DependenciesComeFirst) {
  EXPECT_THAT(order_of({{.name = "app", .version = "1", .depends = "lib, tool"},
                        {.name = "tool", .version = "1", .depends = "lib"},
                        {.name = "lib", .version = "1", .pre_depends = "zbase"},
                        {.name = "zbase", .version = "1"}}),
              ElementsAre("zbase", "lib", "tool", "app"));
}

TEST(InstallOrder, InACirclePreDependsAreKept) {
  EXPECT_THAT(order_of({{.name = "a", .version = "1", .pre_depends = "b"},
                        {.name = "b", .version = "1", .depends = "c"},
                        {.name = "c", .version = "1", .depends = "a"}}),
              ElementsAre("b", "a", "c"));
}

TEST(InstallOrder, VirtualNamesVersionsAndAbsentPackagesAreUnderstood) {
  EXPECT_THAT(order_of({{.name = "a", .version = "1", .depends = "awk | gone"},
                        {.name = "mawk", .version = "1", .provides = "awk"},
                        {.name = "b", .version = "1", .depends = "c (>= 2) | gone"},
                        {.name = "c", .version = "1", .depends = "b"}}),
              ElementsAre("mawk", "a", "b", "c"));
}

TEST(InstallOrder, DoesNotDependOnTheOrderOfTheList) {
  std::vector<OrderedPackage> packages{{.name = "a", .version = "1", .depends = "b"},
                                       {.name = "b", .version = "1", .depends = "a, c"},
                                       {.name = "c", .version = "1", .depends = "a"},
                                       {.name = "d", .version = "1"}};
  const auto first = order_of(packages);
  std::reverse(packages.begin(), packages.end());
  EXPECT_EQ(order_of(packages), first);
}

}  // namespace
}  // namespace keelson::deb
