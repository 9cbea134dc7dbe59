// Against the mirrors that this host's apt is configured with, where there are any: the label "network".
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "formats/deb822/stanza.h"
#include "packages/deb/repository/archive.h"
#include "packages/deb/repository/fetch.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

TEST(HostArchive, TrixieWithUpdatesAndSecurityIsVerifiedFromTheHostsMirrors) {
  const TempDir folder("host-archive");
  const Cache cache(folder.path());
  const HostAptConfiguration host = read_host_apt_configuration();
  recipe::Distribution distribution;
  distribution.release = "trixie";
  SilentReporter reporter;
  RefreshOptions options = refresh_options(host, std::time(nullptr));
  options.network.attempts = 2;
  std::vector<SuiteIndex> indices;
  try {
    indices = refresh_archive(choose_suites(distribution, host), "amd64", cache, options, reporter);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Refused || error.kind() == ErrorKind::BadInput) throw;
    GTEST_SKIP() << "no archive to be reached from here: " << error.message();
  }
  ASSERT_EQ(indices.size(), 3U);
  std::vector<LockedPackage> smallest;
  for (const auto& index : indices) {
    EXPECT_EQ(index.release.codename, index.suite.suite);
    std::size_t stanzas = 0;
    const MappedFile text(index.packages.at(0).file);
    deb822::parse_stanzas(as_text(text.bytes()), index.suite.suite, [&](const deb822::Stanza& stanza) {
      ++stanzas;
      if (stanza.find("Package") != "hello") return;
      smallest.push_back({.name = "hello",
                          .sha256 = parse_sha256(stanza.find("SHA256")),
                          .size = ByteCount{std::stoull(std::string(stanza.find("Size")))},
                          .url = index.suite.uri + "/" + std::string(stanza.find("Filename"))});
    });
    EXPECT_GT(stanzas, index.suite.suite == "trixie" ? 50000U : 0U);
  }
  ASSERT_FALSE(smallest.empty());
  fetch_packages(smallest, cache, {.network = options.network}, reporter);
  EXPECT_TRUE(cache.has(smallest[0].sha256, smallest[0].size));
}

}  // namespace
}  // namespace keelson::deb
