#include "formats/vhdx/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sample_disk.h"
#include "formats/vhdx/disk.h"
#include "formats/vhdx/guid.h"
#include "formats/vhdx/log_entries.h"
#include "formats/vhdx/write.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::vhdx {
namespace {

const Uuid kLog = parse_uuid("20112233-4455-6677-8899-aabbccddeeff");
constexpr std::uint64_t kLogPlace = kMebibyte;

struct Change {
  std::uint64_t place = 0;
  std::uint64_t zeros = 0;  // 0: write `fill` over one sector
  char fill = 0;
};

Bytes entry(std::uint64_t sequence, std::uint32_t tail, const std::vector<Change>& changes, std::uint64_t file_size) {
  ByteWriter data;
  ByteWriter writer;
  writer.text("loge");
  writer.u32le(0);
  writer.u32le(0);  // the length, patched below
  writer.u32le(tail);
  writer.u64le(sequence);
  writer.u32le(static_cast<std::uint32_t>(changes.size()));
  writer.u32le(0);
  write_guid(writer, kLog);
  writer.u64le(file_size);
  writer.u64le(file_size);
  for (const Change& change : changes) {
    const auto fill = static_cast<std::uint8_t>(change.fill);
    writer.text(change.zeros != 0 ? "zero" : "desc");
    for (int i = 0; i < 4; ++i) writer.u8(fill);
    if (change.zeros != 0) {
      writer.u64le(change.zeros);
    } else {
      for (int i = 0; i < 8; ++i) writer.u8(fill);
      data.text("data");
      data.u32le(static_cast<std::uint32_t>(sequence >> 32));
      for (std::size_t i = 0; i < kLogSector - 12; ++i) data.u8(fill);
      data.u32le(static_cast<std::uint32_t>(sequence));
    }
    writer.u64le(change.place);
    writer.u64le(sequence);
  }
  writer.align(kLogSector);
  writer.bytes(data.view());
  writer.patch_u32le(8, static_cast<std::uint32_t>(writer.size()));
  writer.patch_u32le(4, checksum(writer.view()));
  return writer.take();
}

// A disk of ours whose header names a log.
class VhdxLog : public testing::Test {
 protected:
  void SetUp() override {
    MemorySink sink;
    write_disk(SampleDisk(mebibytes(9)), sink, {});
    bytes_ = sink.take();
    Header header = read_header(MemoryBlocks(bytes_));
    header.log = kLog;
    header.sequence += 1;
    header.data_write = header.file_write = parse_uuid("30112233-4455-6677-8899-aabbccddeeff");
    put(kHeaderPlaces[0], encode_header(header));
  }
  void put(std::uint64_t place, const Bytes& bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  void log(std::uint64_t place, std::uint64_t sequence, std::uint32_t tail, const std::vector<Change>& changes) {
    Bytes whole = entry(sequence, tail, changes, bytes_.size());
    const std::size_t until_end = std::min<std::size_t>(whole.size(), kMebibyte - place);
    put(kLogPlace + place, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(until_end)});
    put(kLogPlace, {whole.begin() + static_cast<std::ptrdiff_t>(until_end), whole.end()});
  }
  char at(std::uint64_t place) const {
    const MemoryBlocks file(bytes_);
    const ReplayedFile replayed(file, read_header(file));
    return static_cast<char>(read_blocks(replayed, place, 1)[0]);
  }

  Bytes bytes_;
  const std::uint64_t data_ = 4 * kMebibyte;  // where the first block lies
};

TEST_F(VhdxLog, ChangesAreAppliedInOrderAndOnlyInMemory) {
  log(0, 5, 0, {{.place = data_, .fill = 'a'}, {.place = data_ + 4096, .fill = 'b'}});
  log(12288, 6, 0, {{.place = data_ + 4096, .zeros = 8192}, {.place = data_ + 8192, .fill = 'c'}});
  const MemoryBlocks file(bytes_);
  const ReplayedFile replayed(file, read_header(file));
  const Bytes seen = read_blocks(replayed, data_ - 1, 3 * 4096 + 2);
  EXPECT_EQ(seen[0], bytes_[data_ - 1]);
  EXPECT_EQ(as_text(ByteView(seen).subspan(1, 4096)), std::string(4096, 'a'));
  EXPECT_EQ(as_text(ByteView(seen).subspan(4097, 4096)), std::string(4096, '\0'));
  EXPECT_EQ(as_text(ByteView(seen).subspan(8193, 4096)), std::string(4096, 'c'));
  EXPECT_TRUE(VhdxDisk(file).was_replayed());
}

TEST_F(VhdxLog, OnlyTheSequenceWithTheHighestNumberCountsFromItsTailOn) {
  log(0, 50, 0, {{.place = data_, .fill = 'o'}});                 // another sequence, and older
  log(65536, 90, 65536, {{.place = data_ + 4096, .fill = 'x'}});  // before the tail of the last: already in the file
  log(65536 + 8192, 91, 65536 + 8192, {{.place = data_ + 8192, .fill = 'y'}});
  EXPECT_EQ(at(data_), static_cast<char>(bytes_[data_]));
  EXPECT_EQ(at(data_ + 4096), static_cast<char>(bytes_[data_ + 4096]));
  EXPECT_EQ(at(data_ + 8192), 'y');
}

TEST_F(VhdxLog, AnEntryMayGoAroundTheEndOfTheRing) {
  log(kMebibyte - 4096, 9, kMebibyte - 4096, {{.place = data_, .fill = 'r'}});
  EXPECT_EQ(at(data_), 'r');
}

TEST_F(VhdxLog, ATornEntryEndsTheSequence) {
  log(0, 5, 0, {{.place = data_, .fill = 'a'}});
  log(8192, 6, 0, {{.place = data_, .fill = 'b'}});
  EXPECT_EQ(at(data_), 'b');
  bytes_[kLogPlace + 8192 + 4096 + 100] ^= std::byte{1};
  EXPECT_EQ(at(data_), 'a');
}

TEST_F(VhdxLog, ALogThatShouldHoldEntriesAndHoldsNoneIsRefused) {
  EXPECT_THROW(at(0), Error);
  log(0, 5, 4096, {{.place = data_, .fill = 'a'}});  // its tail is none of the sequence
  EXPECT_THROW(at(0), Error);
}

TEST_F(VhdxLog, AChangeOutsideTheFileIsRefused) {
  for (const std::uint64_t place : {std::uint64_t{100}, std::uint64_t{bytes_.size()}, ~std::uint64_t{4095}}) {
    log(0, 5, 0, {{.place = place, .fill = 'a'}});
    EXPECT_THROW(at(0), Error) << place;
    log(0, 5, 0, {{.place = place, .zeros = 4096}});
    EXPECT_THROW(at(0), Error) << place;
  }
  log(0, 5, 0, {{.place = data_, .zeros = ~std::uint64_t{4095}}});
  EXPECT_THROW(at(0), Error);
}

TEST_F(VhdxLog, AFileThatBecameShorterSinceIsRefused) {
  log(0, 5, 0, {{.place = data_, .fill = 'a'}});
  bytes_.resize(bytes_.size() - kMebibyte);
  EXPECT_THROW(at(0), Error);
}

TEST_F(VhdxLog, QemuImgReplaysItToTheSameDisk) {
  if (!find_program("qemu-img")) GTEST_SKIP() << "qemu-img is not installed (Debian: qemu-utils)";
  log(0, 5, 0, {{.place = data_, .fill = 'a'}, {.place = data_ + 4096, .fill = 'b'}});
  log(12288, 6, 0, {{.place = data_ + 4096, .zeros = 8192}, {.place = data_ + 16384, .fill = 'c'}});
  const TempDir dir("vhdx-test");
  write_file(dir.path() / "disk.vhdx", as_text(bytes_));
  // Its exit code is 3 when it repaired something.
  const auto result = run_process(
      {.arguments = {"qemu-img", "check", "-r", "all", "-f", "vhdx", dir.path() / "disk.vhdx"}, .merge_output = true});
  ASSERT_NE(read_file(dir.path() / "disk.vhdx"), as_text(bytes_)) << result.output;
  const MemoryBlocks ours(bytes_);
  const FileBlocks theirs(dir.path() / "disk.vhdx");
  EXPECT_FALSE(VhdxDisk(theirs).was_replayed());
  EXPECT_TRUE(same_content(VhdxDisk(ours), VhdxDisk(theirs)));
  EXPECT_FALSE(same_content(SampleDisk(mebibytes(9)), VhdxDisk(theirs)));
}

}  // namespace
}  // namespace keelson::vhdx
