#include "inventory/dependencies.h"

#include <gmock/gmock.h>

namespace keelson::inventory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Package package(std::string name, std::string depends = "", std::string provides = "", std::string version = "1") {
  return {.name = std::move(name),
          .version = std::move(version),
          .architecture = "amd64",
          .depends = std::move(depends),
          .provides = std::move(provides)};
}

TEST(Dependencies, AreThoseThatAreInstalled) {
  const std::vector<Package> packages{package("a", "b (>= 1), gone | c"), package("b", "a"), package("c")};
  EXPECT_THAT(resolve_dependencies(packages), ElementsAre(ElementsAre(1, 2), ElementsAre(0), IsEmpty()));
}

TEST(Dependencies, CompareVersions) {
  const std::vector<Package> packages{package("a", "b (>= 2) | c"), package("b"), package("c")};
  EXPECT_THAT(resolve_dependencies(packages)[0], ElementsAre(2));
}

TEST(Dependencies, MayBeProvided) {
  const std::vector<Package> packages{package("a", "awk, libx (= 2)"), package("gawk", "", "awk"),
                                      package("libx2", "", "libx (= 2)"), package("libx3", "", "libx (= 3)"),
                                      package("mawk", "", "awk")};
  EXPECT_THAT(resolve_dependencies(packages)[0], ElementsAre(1, 2, 4));
}

TEST(Dependencies, PreferTheSameArchitecture) {
  std::vector<Package> packages{package("a", "b"), package("b"), package("b"), package("c", "d")};
  packages[1].architecture = "i386";
  packages.push_back(package("d"));
  packages[4].architecture = "i386";
  const auto found = resolve_dependencies(packages);
  EXPECT_THAT(found[0], ElementsAre(2));
  EXPECT_THAT(found[3], ElementsAre(4));
}

TEST(Dependencies, OfABrokenFieldAreNone) {
  const std::vector<Package> packages{package("a", "b (>= "), package("b", "a", "(((")};
  EXPECT_THAT(resolve_dependencies(packages), ElementsAre(IsEmpty(), ElementsAre(0)));
}

}  // namespace
}  // namespace keelson::inventory
