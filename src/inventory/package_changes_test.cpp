#include "inventory/package_changes.h"

#include <gmock/gmock.h>

namespace keelson::inventory {
namespace {

using testing::ElementsAre;

Package package(std::string name, std::string version, std::string architecture = "amd64") {
  Package result;
  result.name = std::move(name);
  result.version = std::move(version);
  result.architecture = std::move(architecture);
  return result;
}

std::vector<std::string> changes(std::vector<Package> before, std::vector<Package> after,
                                 PackageFamily family = PackageFamily::Deb) {
  std::vector<std::string> found;
  for (const auto& change : package_changes(before, after, family))
    found.push_back(std::string(name_of(change.kind)) + " " + change.name + " " + change.old_version + ">" +
                    change.new_version);
  return found;
}

TEST(PackageChanges, SayWhatCameWentAndChanged) {
  EXPECT_THAT(changes({package("a", "1"), package("b", "1.9"), package("c", "2"), package("d", "1")},
                      {package("b", "1.10"), package("c", "2~rc1"), package("d", "1"), package("e", "1")}),
              ElementsAre("removed a 1>", "upgraded b 1.9>1.10", "downgraded c 2>2~rc1", "added e >1"));
}

TEST(PackageChanges, ComparesEachArchitectureWhereBothListsTellIt) {
  EXPECT_THAT(changes({package("libc6", "1"), package("libc6", "1", "i386")},
                      {package("libc6", "2"), package("libc6", "1", "i386")}),
              ElementsAre("upgraded libc6 1>2"));
  EXPECT_THAT(changes({package("libc6", "1", "")}, {package("libc6", "1")}), ElementsAre());
}

TEST(PackageChanges, AKernelBesideTheOldOneIsAdded) {
  EXPECT_THAT(changes({package("kernel", "6.6.1-1")}, {package("kernel", "6.6.1-1"), package("kernel", "6.6.2-1")},
                      PackageFamily::Rpm),
              ElementsAre("added kernel >6.6.2-1"));
}

TEST(RpmVersions, AreOrderedAsRpmDoes) {
  // The examples of rpm's own documentation and tests.
  const std::vector<std::pair<std::string, std::string>> rising{{"1.0", "2.0"},
                                                                {"2.0", "2.0.1"},
                                                                {"2.0.1", "2.0.1a"},
                                                                {"5.5p1", "5.5p2"},
                                                                {"5.5p1", "5.5p10"},
                                                                {"10xyz", "10.1xyz"},
                                                                {"xyz10", "xyz10.1"},
                                                                {"xyz.4", "8"},
                                                                {"5.5p2", "5.6p1"},
                                                                {"1.0~rc1", "1.0"},
                                                                {"1.0~rc1", "1.0~rc2"},
                                                                {"1.0", "1.0^"},
                                                                {"1.0^", "1.0.1"},
                                                                {"1.0^20160101", "1.0.1"},
                                                                {"1.0~rc1", "1.0~rc1^git1"},
                                                                {"6.5p1", "10xyz"},
                                                                {"1.9-1", "1.10-1"},
                                                                {"1.0-1", "1.0-2"},
                                                                {"9", "1:1"}};
  for (const auto& [a, b] : rising) {
    EXPECT_LT(compare_rpm_versions(a, b), 0) << a << " " << b;
    EXPECT_GT(compare_rpm_versions(b, a), 0) << b << " " << a;
  }
  for (const auto& [a, b] :
       {std::pair("1.0", "1.0"), std::pair("1.001", "1.1"), std::pair("2_0", "2.0"), std::pair("a+", "a_")})
    EXPECT_EQ(compare_rpm_versions(a, b), 0) << a << " " << b;
}

TEST(PackageChanges, BesideAListOfRpmWithoutEpochsTheyDoNotCount) {
  const auto list = [](std::initializer_list<std::pair<const char*, const char*>> packages) {
    std::vector<Package> result;
    for (const auto& [name, version] : packages) {
      Package package;
      package.name = name;
      package.version = version;
      result.push_back(package);
    }
    return result;
  };
  const auto recorded = list({{"bind", "9.1-1"}, {"vim", "9.0-1"}}),
             read = list({{"bind", "32:9.1-1"}, {"vim", "2:8.9-3"}});
  const auto changes = package_changes(recorded, read, PackageFamily::Rpm);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].name, "vim");
  EXPECT_EQ(changes[0].kind, PackageChangeKind::Downgraded);
}

}  // namespace
}  // namespace keelson::inventory
