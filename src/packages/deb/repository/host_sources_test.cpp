#include "packages/deb/repository/host_sources.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(OneLineSources, OptionsCommentsAndSourcePackagesAreUnderstood) {
  const auto sources = parse_one_line_sources(
      "# a comment\n"
      "deb http://mirror.invalid/debian trixie main contrib # the rest is a comment\n"
      "deb-src http://mirror.invalid/debian trixie main\n"
      "  deb [ arch=amd64 signed-by=/etc/keys/a.gpg ] https://mirror.invalid/flat ./\n\n",
      "sources.list");
  const HostSource first{{"http://mirror.invalid/debian"}, {"trixie"}, {"main", "contrib"}, ""};
  const HostSource second{{"https://mirror.invalid/flat"}, {"./"}, {}, "/etc/keys/a.gpg"};
  EXPECT_THAT(sources, ElementsAre(first, second));
}

TEST(OneLineSources, AnEntryThatIsNoneIsRefusedWithItsLine) {
  for (const char* text : {"\ndeb http://mirror.invalid\n", "\ndeb [arch=amd64 http://mirror.invalid trixie\n"}) {
    try {
      parse_one_line_sources(text, "sources.list");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr("cannot read 'sources.list': line 2"));
    }
  }
}

TEST(Deb822Sources, ListsCommentsAndDisabledEntriesAreUnderstood) {
  const auto sources = parse_deb822_sources(
      "Types: deb deb-src\n# commented: out\nURIs: http://a.invalid/debian\n http://b.invalid/debian\n"
      "Suites: trixie trixie-updates\nComponents: main\nSigned-By: /usr/share/keyrings/a.gpg\n\n"
      "Enabled: no\nTypes: deb\nURIs: http://c.invalid\nSuites: x\n\n"
      "Types: deb-src\nURIs: http://d.invalid\nSuites: x\n",
      "debian.sources");
  const HostSource only{{"http://a.invalid/debian", "http://b.invalid/debian"},
                        {"trixie", "trixie-updates"},
                        {"main"},
                        "/usr/share/keyrings/a.gpg"};
  EXPECT_THAT(sources, ElementsAre(only));
}

TEST(Deb822Sources, AKeyInsideTheFileKeepsItsEmptyLines) {
  const auto sources = parse_deb822_sources(
      "Types: deb\nURIs: http://a.invalid\nSuites: x\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
      " -----END PGP PUBLIC KEY BLOCK-----\n",
      "debian.sources");
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].signed_by, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n");
}

TEST(AptConf, NestedAndFlatNamesAreTheSameAndTheLastOneWins) {
  std::map<std::string, std::string> settings;
  parse_apt_conf(
      "// comment\n# another\nAcquire { Check-Date \"true\"; http { Proxy \"http://proxy.invalid:1\"; }; /* no */ };\n"
      "acquire::CHECK-date \"false\";\nList { \"a;b\"; \"c{\"; };\nAPT::Periodic 1;\n",
      "apt.conf", settings);
  EXPECT_EQ(settings["acquire::check-date"], "false");
  EXPECT_EQ(settings["acquire::http::proxy"], "http://proxy.invalid:1");
  EXPECT_EQ(settings["apt::periodic"], "1");
}

TEST(AptConf, WhatDoesNotBalanceIsRefused) {
  for (const char* text : {"A {", "}", "A \"x", "/* x"}) {
    std::map<std::string, std::string> settings;
    EXPECT_THROW(parse_apt_conf(text, "apt.conf", settings), Error) << text;
  }
  std::map<std::string, std::string> settings;
  EXPECT_THROW(parse_apt_conf(std::string(1000, '{'), "apt.conf", settings), Error);
}

TEST(HostAptConfiguration, TheFilesThatAptReadsAreReadAndNoOthers) {
  const TempDir folder("etc-apt");
  const auto write = [&](const char* name, const char* text) {
    const fs::path path = folder.path() / name;
    fs::create_directories(path.parent_path());
    write_file(path, text);
  };
  write("sources.list", "deb http://one.invalid trixie main\n");
  write("sources.list.d/b.sources", "Types: deb\nURIs: http://three.invalid\nSuites: x\nComponents: main\n");
  write("sources.list.d/a.list", "deb http://two.invalid trixie main\n");
  write("sources.list.d/c.list.disabled", "deb http://four.invalid trixie main\n");
  write("sources.list.d/broken.sources", "Types: deb\nTypes: deb\n");
  write("apt.conf.d/10dates", "Acquire::Check-Valid-Until \"no\";\n");
  write("apt.conf.d/20dates.bak", "Acquire::Check-Date \"no\";\n");
  write("apt.conf", "Acquire::http::Proxy \"DIRECT\";\n");
  const auto host = read_host_apt_configuration(folder.path());
  std::vector<std::string> uris;
  for (const auto& source : host.sources) uris.push_back(source.uris.at(0));
  EXPECT_THAT(uris, ElementsAre("http://one.invalid", "http://two.invalid", "http://three.invalid"));
  EXPECT_FALSE(host.check_valid_until);
  EXPECT_TRUE(host.check_date);
  EXPECT_EQ(host.http_proxy, "DIRECT");
  EXPECT_THAT(host.remarks, ElementsAre(HasSubstr("broken.sources")));
}

TEST(HostAptConfiguration, AHostWithoutAptHasNoSources) {
  const auto host = read_host_apt_configuration("/nonexistent/etc/apt");
  EXPECT_THAT(host.sources, IsEmpty());
  EXPECT_TRUE(host.check_valid_until);
  EXPECT_TRUE(host.check_date);
}

}  // namespace
}  // namespace keelson::deb
