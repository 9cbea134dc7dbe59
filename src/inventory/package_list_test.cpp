#include "inventory/package_list.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace keelson::inventory {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> read(std::string_view text) {
  std::vector<std::string> found;
  for (const auto& package : read_package_list(text, "list").packages)
    found.push_back(package.name + " " + package.version + " " + package.architecture);
  return found;
}

std::string refusal(std::string_view text) {
  try {
    read_package_list(text, "list");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "none";
}

TEST(PackageList, ReadsDpkgsTable) {
  EXPECT_THAT(read("Desired=Unknown/Install/Remove/Purge/Hold\n"
                   "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend\n"
                   "|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)\n"
                   "||/ Name           Version      Architecture Description\n"
                   "+++-==============-============-============-=================================\n"
                   "ii  zlib1g:amd64   1:1.3-1      amd64        compression library\n"
                   "ii  adduser        3.134        all          add and remove users and groups\n"
                   "rc  gone           1.0          all          only configuration files\n"
                   "hi  held           2.0          amd64        held\n"),
              ElementsAre("adduser 3.134 all", "held 2.0 amd64", "zlib1g 1:1.3-1 amd64"));
}

TEST(PackageList, ReadsOtherFormsOfDebian) {
  EXPECT_THAT(read("bash\t5.2.37-2\nlibc6:amd64\t2.41-12\n"), ElementsAre("bash 5.2.37-2 ", "libc6 2.41-12 amd64"));
  EXPECT_THAT(read("Listing... Done\nbash/stable,now 5.2.37-2 amd64 [installed]\nvim/stable 9.1 amd64\n"),
              ElementsAre("bash 5.2.37-2 amd64"));
}

TEST(PackageList, ReadsRpmsNames) {
  const auto list = read_package_list(
      "kernel-6.6.47.1-1.azl3.x86_64\ngpg-pubkey-3135ce90-5e6fda74\nca-certificates-base-3.0.0-7.azl3.noarch\n", "l");
  EXPECT_EQ(list.family, PackageFamily::Rpm);
  ASSERT_EQ(list.packages.size(), 2U);
  EXPECT_EQ(list.packages[0].name, "ca-certificates-base");
  EXPECT_EQ(list.packages[1].name, "kernel");
  EXPECT_EQ(list.packages[1].version, "6.6.47.1-1.azl3");
  EXPECT_EQ(list.packages[1].architecture, "x86_64");
}

TEST(PackageList, RefusesWhatIsNone) {
  EXPECT_THAT(refusal(""), HasSubstr("cannot read package list 'list': it names no installed package"));
  EXPECT_THAT(refusal("{\"facts\": 1}\n"), HasSubstr("line 1 is no line of a package list"));
  EXPECT_THAT(refusal("bash\t5.2\nkernel-6.6-1.x86_64\n"), HasSubstr("line 2 is no line of the form of those before"));
  EXPECT_THAT(refusal(std::string(5000, 'a')), HasSubstr("longer than"));
  EXPECT_THAT(refusal("-1-2.x\n"), HasSubstr("line 1"));
}

}  // namespace
}  // namespace keelson::inventory
