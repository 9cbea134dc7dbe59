#include "inventory/rpm_package.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "inventory/rpm_license.h"
#include "sys/file.h"

namespace keelson::inventory {
namespace {

TEST(RpmPackage, ReadsAPackageThatRpmbuildMade) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  const std::string blob = read_file(
      std::filesystem::path(source == nullptr ? "." : source) / "tests/fuzz/corpus/rpm_header/package", mebibytes(1));
  const rpmdb::Header header(as_bytes(blob));
  const Package package = rpm_package(header);
  EXPECT_EQ(package.name, "tiny");
  EXPECT_EQ(package.version, "2:1.0-1.azl3");
  EXPECT_EQ(package.source_version, "2:1.0-1.azl3");
  EXPECT_EQ(package.architecture, "noarch");
  EXPECT_EQ(package.maintainer, "Example");
  ASSERT_EQ(rpm_changelog(header).size(), 1U);
  EXPECT_EQ(rpm_changelog(header)[0].author, "A B <a@b.c> - 1.0-1");
  EXPECT_EQ(rpm_signing_key(header), "");
  std::vector<RpmFile> files;
  visit_rpm_files(header, [&](const RpmFile& file) { files.push_back(file); });
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].path, "/etc/tiny.conf");
  EXPECT_TRUE(files[0].is_configuration());
  EXPECT_EQ(files[0].size, 2U);
  EXPECT_EQ(files[1].path, "/usr/bin/tiny");
  EXPECT_EQ(files[1].digest.size(), 64U);
  EXPECT_EQ(files[1].owner, "root");
  EXPECT_TRUE(files[2].is_ghost());
}

TEST(RpmLicense, TranslatesNewAndOldNames) {
  const auto read = [](std::string_view tag) { return read_rpm_license(tag).expression; };
  EXPECT_EQ(read("MIT AND (GPL-2.0-or-later OR Apache-2.0)"), "MIT AND (GPL-2.0-or-later OR Apache-2.0)");
  EXPECT_EQ(read("GPLv2+ and ASL 2.0"), "GPL-2.0-or-later AND Apache-2.0");
  EXPECT_EQ(read("gpl-2.0-only with linux-syscall-note"), "GPL-2.0-only WITH Linux-syscall-note");
  EXPECT_EQ(read("zlib"), "Zlib");
}

TEST(RpmLicense, MakesNoGuess) {
  for (const auto* tag : {"BSD", "Public Domain", "MIT AND", "(MIT", "MIT)", "AND", "GPLv2+ with my exception", ")("}) {
    const auto license = read_rpm_license(tag);
    EXPECT_TRUE(license.expression.starts_with("LicenseRef-")) << tag << ": " << license.expression;
    EXPECT_EQ(license.extracted.size(), 1U) << tag;
  }
  EXPECT_EQ(read_rpm_license(" ").expression, "");
}

}  // namespace
}  // namespace keelson::inventory
