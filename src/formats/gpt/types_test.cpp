#include "formats/gpt/types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/process.h"

namespace keelson::gpt {
namespace {

TEST(GptTypes, RootDiffersByArchitectureAndTheEspDoesNot) {
  EXPECT_EQ(find_type("root", "amd64")->text(), "4f68bce3-e8cd-4db1-96e7-fbcaf984b709");
  EXPECT_EQ(find_type("root", "arm64")->text(), "b921b045-1df0-41c3-af44-4c6f280d3fae");
  EXPECT_EQ(find_type("esp", "amd64"), find_type("esp", "arm64"));
  EXPECT_EQ(find_type("root", "riscv64"), std::nullopt);
  EXPECT_EQ(find_type("rooot", "amd64"), std::nullopt);
}

TEST(GptTypes, EveryTypeCanBeNamedAgain) {
  for (const std::string& name : type_names()) {
    for (const std::string architecture : {"amd64", "arm64"}) {
      const auto uuid = find_type(name, architecture);
      ASSERT_TRUE(uuid) << name;
      const auto back = find_type_name(*uuid);
      ASSERT_TRUE(back) << name;
      EXPECT_EQ(back->name, name);
      EXPECT_THAT(back->architecture, testing::AnyOf("", architecture));
    }
  }
  EXPECT_EQ(find_type_name(Uuid{}), std::nullopt);
}

TEST(GptTypes, SfdiskKnowsEachOfThemByTheSamePurpose) {
  if (!find_program("sfdisk")) GTEST_SKIP() << "sfdisk is not installed";
  const std::string known =
      require_process({.arguments = {"sfdisk", "--list-types", "--label", "gpt"}, .environment = {"LC_ALL=C"}},
                      "list types with", "sfdisk");
  const auto expect = [&known](const std::string& name, const std::string& architecture, const std::string& words) {
    std::string uuid = find_type(name, architecture)->text();
    for (char& c : uuid) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    EXPECT_NE(known.find(uuid + "  " + words), std::string::npos) << name << " " << uuid;
  };
  expect("esp", "", "EFI System");
  expect("bios-grub", "", "BIOS boot");
  expect("home", "", "Linux home");
  expect("linux-generic", "", "Linux filesystem");
  expect("srv", "", "Linux server data");
  expect("swap", "", "Linux swap");
  expect("tmp", "", "Linux temporary data");
  expect("var", "", "Linux variable data");
  expect("xbootldr", "", "Linux extended boot");
  for (const auto& [architecture, theirs] : {std::pair("amd64", "(x86-64)"), std::pair("arm64", "(ARM-64)")}) {
    const std::string suffix = theirs;
    expect("root", architecture, "Linux root " + suffix);
    expect("root-verity", architecture, "Linux root verity " + suffix);
    expect("root-verity-sig", architecture, "Linux root verity sign. " + suffix);
    expect("usr", architecture, "Linux /usr " + suffix);
    expect("usr-verity", architecture, "Linux /usr verity " + suffix);
    expect("usr-verity-sig", architecture, "Linux /usr verity sign. " + suffix);
  }
}

}  // namespace
}  // namespace keelson::gpt
