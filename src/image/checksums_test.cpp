#include "image/checksums.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

TEST(Checksums, AreSortedAndAcceptedBySha256sum) {
  const TempDir dir("image-test");
  const std::vector<std::string> names{"disk.raw", "a file.json", "Z"};
  for (const auto& name : names) write_file(dir.path() / name, "content of " + name);
  write_checksums_file(dir.path(), names);
  const std::string text = read_file(dir.path() / "SHA256SUMS");
  EXPECT_EQ(text.substr(64, 4), "  Z\n");
  EXPECT_LT(text.find("a file.json"), text.find("disk.raw"));
  const ProcessOptions check{.arguments = {"sha256sum", "--check", "--strict", "SHA256SUMS"},
                             .working_directory = dir.path()};
  EXPECT_EQ(run_process(check).exit_code, 0);
  write_file(dir.path() / "disk.raw", "tampered");
  EXPECT_NE(run_process(check).exit_code, 0);
}

TEST(Checksums, ANameThatWouldNeedEscapesIsRefused) {
  for (const std::string bad : {"", "a/b", "a\\b", "a\nb"}) {
    EXPECT_THROW(write_checksums({{bad, sha256("x")}}), Error) << bad;
  }
}

}  // namespace
}  // namespace keelson::image
