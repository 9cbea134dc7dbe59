#include "sys/unnamed_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

TEST(UnnamedFile, HoldsWhatIsAppendedInMemoryAndOnDiskAndShowsNoName) {
  const TempDir folder("unnamed-file-test");
  for (const ByteCount in_memory : {mebibytes(8), kibibytes(6), ByteCount{0}}) {
    UnnamedFile file(folder.path(), in_memory);
    file.append(as_bytes(std::string(5000, 'a')));
    file.append(Bytes(10'000));
    file.append(as_bytes(std::string(5000, 'b')));
    file.append(Bytes(10'000));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    const auto blocks = file.finish();
    ASSERT_EQ(blocks->size().value, 30'000u);
    EXPECT_EQ(as_text(read_blocks(*blocks, 4998, 4)), std::string_view("aa\0\0", 4));
    EXPECT_EQ(as_text(read_blocks(*blocks, 19'998, 4)), std::string_view("bb\0\0", 4));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

TEST(UnnamedFile, AFolderThatIsNotThereIsAnError) {
  UnnamedFile file("/nowhere/at/all", {10});
  file.append(as_bytes("small"));
  EXPECT_THROW(file.append(as_bytes("larger than that")), Error);
}

}  // namespace
}  // namespace keelson
