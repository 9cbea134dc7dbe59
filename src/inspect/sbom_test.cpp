#include "inspect/sbom.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/error.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class SystemFolder : public testing::Test {
 protected:
  SystemFolder() {
    put("etc/os-release", "ID=debian\nVERSION_ID=\"13\"\nIMAGE_ID=host\nIMAGE_VERSION='1'\n");
    put("var/lib/dpkg/status",
        "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nDepends: b\n\n"
        "Package: b\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n");
    put("usr/share/doc/b/copyright", "Format: x\n\nFiles: *\nLicense: Expat\n");
  }

  void put(const std::string& path, std::string_view text) {
    fs::create_directories((folder_.path() / path).parent_path());
    std::ofstream(folder_.path() / path) << text;
  }

  const TempDir folder_{"sbom", fs::temp_directory_path()};
};

TEST_F(SystemFolder, IsAskedForPackagesLicencesAndItsName) {
  fs::create_directory_symlink("b", folder_.path() / "usr/share/doc/a");
  fs::last_write_time(folder_.path() / "var/lib/dpkg/status",
                      std::chrono::file_clock::from_sys(std::chrono::sys_seconds(std::chrono::seconds(1000))));
  const auto bill = read_bill(folder_.path());
  EXPECT_EQ(bill.name, "host");
  EXPECT_EQ(bill.version, "1");
  EXPECT_EQ(bill.distribution.label(), "debian-13");
  EXPECT_EQ(bill.epoch, 1000);
  ASSERT_EQ(bill.packages.size(), 2U);
  EXPECT_THAT(bill.packages[0].depends_on, ElementsAre(1));
  EXPECT_EQ(bill.packages[0].license.expression, "MIT");  // through the symlink
  EXPECT_FALSE(bill.image);
}

TEST_F(SystemFolder, WithoutADatabaseNamesTheBillThatItsBuildLeftButDoesNotReadIt) {
  fs::remove(folder_.path() / "var/lib/dpkg/status");
  put("usr/share/sbom/image.spdx.json", "{}");
  try {
    read_bill(folder_.path());
    FAIL() << "a bill of nothing";
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), HasSubstr("/usr/share/sbom/image.spdx.json"));
  }
}

TEST_F(SystemFolder, IsNotLeftBySymlinks) {
  const TempDir outside("sbom-outside", fs::temp_directory_path());
  std::ofstream(outside.path() / "copyright") << "Format: x\n\nFiles: *\nLicense: ISC\n";
  fs::create_directory_symlink(outside.path(), folder_.path() / "usr/share/doc/a");
  EXPECT_EQ(read_bill(folder_.path()).packages[0].license.note, "there is no copyright file");
}

TEST_F(SystemFolder, MayHoldAnythingWhereACopyrightFileBelongs) {
  fs::create_directories(folder_.path() / "usr/share/doc/a/copyright");
  EXPECT_EQ(read_bill(folder_.path()).packages[0].license.note, "the copyright file cannot be read");
}

TEST_F(SystemFolder, MayHaveAFileForEachPackage) {
  fs::remove(folder_.path() / "var/lib/dpkg/status");
  put("var/lib/dpkg/status.d/a", "Package: a\nArchitecture: all\nVersion: 1\n");
  put("var/lib/dpkg/status.d/a.md5sums", "nothing to read\n");
  put("var/lib/dpkg/status.d/c", "Package: c\nArchitecture: all\nVersion: 1\n");
  EXPECT_EQ(read_bill(folder_.path()).packages.size(), 2U);
}

TEST_F(SystemFolder, WithoutPackagesIsAnError) {
  fs::remove(folder_.path() / "var/lib/dpkg/status");
  try {
    read_bill(folder_.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
    EXPECT_THAT(error.hint(), StartsWith("an image whose recipe removes the package manager"));
  }
}

}  // namespace
}  // namespace keelson::inspect
