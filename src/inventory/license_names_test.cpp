#include "inventory/license_names.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace keelson::inventory {
namespace {

TEST(LicenseNames, OfDebianAreTranslated) {
  EXPECT_EQ(spdx_license("Expat"), "MIT");
  EXPECT_EQ(spdx_license("BSD-3-clause"), "BSD-3-Clause");
  EXPECT_EQ(spdx_license("GPL-2"), "GPL-2.0-only");
  EXPECT_EQ(spdx_license("GPL-2+"), "GPL-2.0-or-later");
  EXPECT_EQ(spdx_license("GPL-3.0+"), "GPL-3.0-or-later");
  EXPECT_EQ(spdx_license("LGPL-2.1-or-later"), "LGPL-2.1-or-later");
  EXPECT_EQ(spdx_license("LGPL-2.0-only"), "LGPL-2.0-only");
  EXPECT_EQ(spdx_license("GFDL-NIV-1.3+"), "GFDL-1.3-no-invariants-or-later");
  EXPECT_EQ(spdx_license("zlib"), "Zlib");
  EXPECT_EQ(spdx_license("Perl"), "(Artistic-1.0-Perl OR GPL-1.0-or-later)");
}

TEST(LicenseNames, AreNotGuessed) {
  for (const char* name : {"", "GPL", "BSD", "public-domain", "GPL-", "GPL-4", "GPL-2x", "LGPL-1", "other", "+"})
    EXPECT_EQ(spdx_license(name), "") << name;
}

TEST(LicenseNames, HaveExceptionsOfTheirLicence) {
  EXPECT_EQ(spdx_license("GPL-2+", "Autoconf"), "GPL-2.0-or-later WITH Autoconf-exception-2.0");
  EXPECT_EQ(spdx_license("GPL-3+", "autoconf"), "GPL-3.0-or-later WITH Autoconf-exception-3.0");
  EXPECT_EQ(spdx_license("GPL-2", "Linux-syscall-note"), "GPL-2.0-only WITH Linux-syscall-note");
  EXPECT_EQ(spdx_license("GPL-2+", "OpenSSL"), "");
}

// The list that CycloneDX's schema has is SPDX's, with its exceptions.
TEST(LicenseNames, AreAllOnTheOfficialList) {
  const std::string folder = std::getenv("KEELSON_SOURCE_DIR");
  std::ifstream file(folder + "/tests/fixtures/sbom/spdx.schema.json");
  const auto schema = nlohmann::json::parse(file);
  const auto official = schema.at("enum").get<std::vector<std::string>>();
  for (const auto& identifier : spdx_identifiers()) EXPECT_THAT(official, testing::Contains(identifier));
}

}  // namespace
}  // namespace keelson::inventory
