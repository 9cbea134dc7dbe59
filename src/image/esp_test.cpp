#include "image/esp.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/namespaces.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

constexpr ByteCount kOffset = mebibytes(1);
const EspOptions kOptions{.label = "esp", .serial = 0x1234abcd, .epoch = 1'700'000'000};

EspFile from_memory(std::string path, std::string_view content) {
  const ByteView view = as_bytes(content);
  return {.path = std::move(path), .source = {}, .content = Bytes(view.begin(), view.end())};
}

// A disk with room for an ESP of `size` at 1 MiB.
fs::path make_disk(const fs::path& path, ByteCount size) {
  write_file(path, "");
  fs::resize_file(path, (kOffset + size + mebibytes(1)).value);
  return path;
}

std::vector<EspFile> example(const fs::path& folder) {
  if (!fs::exists(folder / "a kernel")) {
    std::string large(5'000'001, 'k');
    for (std::size_t i = 0; i < large.size(); i += 97) large[i] = static_cast<char>(i / 97);
    write_file(folder / "a kernel", large);
  }
  return {{.path = "EFI/Linux/keelson-6.12.efi", .source = folder / "a kernel", .content = {}},
          from_memory("EFI/BOOT/BOOTX64.EFI", "boot loader"),
          from_memory("EFI/systemd/systemd-bootx64.efi", "boot loader"),
          from_memory("loader/loader.conf", "timeout 0\n"),
          from_memory("loader/entries.srel", "type1\n"),
          from_memory("startup.nsh", "")};
}

// The file system alone, as a file.
fs::path extract(const fs::path& disk, ByteCount size) {
  const fs::path path = disk.parent_path() / "esp.fat";
  write_file(path, read_file(disk).substr(kOffset.value, size.value));
  return path;
}

std::string tool(std::vector<std::string> arguments) {
  return require_process(
      {.arguments = std::move(arguments), .environment = {"LC_ALL=C", "TZ=UTC0"}, .merge_output = true}, "run", "tool");
}

class Esp : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"mformat", "mmd", "mcopy"}) {
      if (!find_program(program)) GTEST_SKIP() << "mtools is not installed";
    }
  }
  const TempDir dir_{"image-test"};
};

TEST_F(Esp, FsckFindsAnErrorFreeFat32WithEveryFile) {
  if (!find_program("fsck.fat")) GTEST_SKIP() << "fsck.fat is not installed";
  const auto files = example(dir_.path());
  const ByteCount size = esp_size_for(files);
  const fs::path disk = make_disk(dir_.path() / "disk.raw", size);
  write_esp(disk, kOffset, size, files, kOptions);
  const fs::path fat = extract(disk, size);
  const std::string report = tool({"fsck.fat", "-n", "-v", fat});
  EXPECT_THAT(report, testing::HasSubstr("2 FATs, 32 bit entries"));
  EXPECT_THAT(report, testing::HasSubstr("2048 hidden sectors"));
  EXPECT_THAT(report, testing::HasSubstr("12 files"));
  const std::string listing = tool({"mdir", "-/", "-i", fat, "::"});
  EXPECT_THAT(listing, testing::HasSubstr("is ESP"));
  EXPECT_THAT(listing, testing::HasSubstr("1234-ABCD"));
  EXPECT_THAT(listing, testing::HasSubstr("keelson-6.12.efi"));
  tool({"mcopy", "-i", fat, "::EFI/Linux/keelson-6.12.efi", dir_.path() / "back"});
  EXPECT_EQ(sha256_file(dir_.path() / "back"), sha256_file(dir_.path() / "a kernel"));
}

TEST_F(Esp, IsBitIdenticalWhateverTheOrderTimesAndOldContent) {
  auto files = example(dir_.path());
  const ByteCount size = esp_size_for(files);
  const fs::path first = make_disk(dir_.path() / "a.raw", size);
  write_esp(first, kOffset, size, files, kOptions);

  std::reverse(files.begin(), files.end());
  fs::last_write_time(dir_.path() / "a kernel", fs::file_time_type::clock::now() - std::chrono::hours(24 * 400));
  const fs::path second = dir_.path() / "b.raw";
  write_file(second, std::string((kOffset + size + mebibytes(1)).value, '\xff'));
  write_esp(second, kOffset, size, files, kOptions);
  EXPECT_EQ(sha256_file(extract(first, size)), sha256_file(extract(second, size)));
}

TEST_F(Esp, TheEpochIsWhatChangesTheTimes) {
  const auto files = example(dir_.path());
  const ByteCount size = esp_size_for(files);
  const fs::path disk = make_disk(dir_.path() / "disk.raw", size);
  write_esp(disk, kOffset, size, files, kOptions);
  EXPECT_THAT(tool({"mdir", "-/", "-i", extract(disk, size), "::"}), testing::HasSubstr("2023-11-14  22:13"));
  write_esp(disk, kOffset, size, files, {.label = "esp", .serial = 1, .epoch = 0});
  EXPECT_THAT(tool({"mdir", "-/", "-i", extract(disk, size), "::"}), testing::HasSubstr("1980-01-01"));
}

TEST_F(Esp, NothingOutsideThePartitionChanges) {
  const auto files = example(dir_.path());
  const ByteCount size = esp_size_for(files);
  const fs::path disk = dir_.path() / "disk.raw";
  const std::string before((kOffset + size + mebibytes(1)).value, '\xa5');
  write_file(disk, before);
  write_esp(disk, kOffset, size, files, kOptions);
  const std::string after = read_file(disk);
  EXPECT_EQ(after.substr(0, kOffset.value), before.substr(0, kOffset.value));
  EXPECT_EQ(after.substr((kOffset + size).value), before.substr((kOffset + size).value));
}

TEST_F(Esp, NothingIsWrittenOutsideTheDisksOwnFolder) {
  // What a killed run leaves must lie where the next one cleans: never in the system's folder for temporary files.
  const char* before = ::getenv("TMPDIR");
  const std::string restore = before ? before : "";
  const auto files = example(dir_.path());
  const auto disk = make_disk(dir_.path() / "disk.raw", mebibytes(40));
  ::setenv("TMPDIR", "/proc/keelson-nothing-can-be-written-here", 1);
  EXPECT_NO_THROW(write_esp(disk, kOffset, mebibytes(40), files, kOptions));
  if (before) {
    ::setenv("TMPDIR", restore.c_str(), 1);
  } else {
    ::unsetenv("TMPDIR");
  }
}

TEST_F(Esp, EverySizeFromTheSmallestOnGivesFat32ThatHoldsTheFiles) {
  if (!find_program("fsck.fat")) GTEST_SKIP() << "fsck.fat is not installed";
  const std::vector<EspFile> none;
  EXPECT_EQ(esp_size_for(none), mebibytes(33));
  for (const std::uint64_t mib : {33u, 34u, 65u, 66u, 67u, 131u, 260u}) {
    const fs::path disk = dir_.path() / "disk.raw";  // nothing else on it, so that fsck.fat can look at it where it is
    write_file(disk, "");
    fs::resize_file(disk, mebibytes(mib).value);
    write_esp(disk, {0}, mebibytes(mib), {}, kOptions);
    EXPECT_THAT(tool({"fsck.fat", "-n", "-v", disk}), testing::HasSubstr("32 bit entries")) << mib;
  }
}

TEST_F(Esp, APartitionTooSmallForFat32IsAFat16ThatHoldsTheFiles) {
  if (!find_program("fsck.fat")) GTEST_SKIP() << "fsck.fat is not installed";
  const auto files = example(dir_.path());
  for (const std::uint64_t mib : {8u, 15u, 16u, 17u, 31u, 32u}) {
    const fs::path disk = dir_.path() / "disk.raw";
    write_file(disk, "");
    fs::resize_file(disk, mebibytes(mib).value);
    ASSERT_NO_THROW(write_esp(disk, {0}, mebibytes(mib), files, kOptions)) << mib;
    EXPECT_THAT(tool({"fsck.fat", "-n", "-v", disk}), testing::HasSubstr("16 bit entries")) << mib;
  }
  EXPECT_LT(smallest_esp_for(files), mebibytes(8));
  EXPECT_THROW(write_esp(make_disk(dir_.path() / "disk.raw", mebibytes(1)), kOffset, mebibytes(1), files, kOptions),
               Error);
}

TEST_F(Esp, AFullDiskOfTheComputedSizeStillHoldsItsFiles) {
  for (const std::uint64_t kib : {35'000u, 64'321u, 140'000u}) {
    const fs::path source = dir_.path() / "uki";
    write_file(source, "");
    fs::resize_file(source, kib * 1024);
    const std::vector<EspFile> files{{.path = "EFI/Linux/a.efi", .source = source, .content = {}}};
    const ByteCount size = esp_size_for(files);
    EXPECT_LT(size.value, kib * 1024 + mebibytes(6).value + (kib < 36'000 ? mebibytes(1).value : 0));
    EXPECT_NO_THROW(write_esp(make_disk(dir_.path() / "disk.raw", size), kOffset, size, files, kOptions));
  }
}

// What write_esp() says when a disk of `space` holds only a part of it; the disk is seen by a child process only.
std::string complaint_on_a_full_disk(const fs::path& folder, ByteCount space) {
  const auto files = example(folder);
  const fs::path full = folder / "full";
  fs::create_directories(full);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said = "nothing";
    try {
      enter_private_namespaces();
      mount_workspace(full, space);
      write_esp(make_disk(full / "disk.raw", mebibytes(40)), kOffset, mebibytes(40), files, kOptions);
    } catch (const Error& error) {
      said = render(error);
    }
    write_file(folder / "said", said);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return read_file(folder / "said");
}

TEST_F(Esp, AFullDiskIsOneErrorInOurWords) {
  const std::string expected = "error: cannot write '" + (dir_.path() / "full/disk.raw").native() +
                               "': no space left on device\nhint: free some space there, or choose another folder\n";
  EXPECT_EQ(complaint_on_a_full_disk(dir_.path(), mebibytes(3)), expected) << "while files are copied";
  EXPECT_EQ(complaint_on_a_full_disk(dir_.path(), kibibytes(48)), expected) << "while the file system is made";
}

TEST_F(Esp, APartitionThatIsTooSmallSaysWhatItNeeds) {
  const auto files = example(dir_.path());
  const fs::path disk = make_disk(dir_.path() / "disk.raw", mebibytes(4));
  try {
    write_esp(disk, kOffset, mebibytes(4), files, kOptions);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot write 'EFI system partition': it is 4 MiB large and needs 5 MiB");
  }
}

TEST_F(Esp, PathsThatFatCannotHoldAreRefused) {
  for (const std::string bad : {"", "/EFI/a", "EFI//a", "EFI/../a", "EFI/a:b", "EFI/a*", "EFI/a.", "EFI/ a",
                                "EFI/\xc3\xbc", "a\nb", "EFI/[a]"}) {
    EXPECT_THROW(esp_size_for(std::vector{from_memory(bad, "x")}), Error) << bad;
  }
  EXPECT_THROW(esp_size_for(std::vector{from_memory("EFI/a", "x"), from_memory("EFI/A", "y")}), Error);
  EXPECT_THROW(esp_size_for(std::vector{from_memory("EFI/a", "x"), from_memory("efi/b", "y")}), Error);
  EXPECT_THROW(esp_size_for(std::vector{from_memory("EFI", "x"), from_memory("EFI/b", "y")}), Error);
  EXPECT_THROW(esp_size_for(std::vector<EspFile>{{.path = "EFI/a", .source = dir_.path() / "missing", .content = {}}}),
               Error);
}

TEST_F(Esp, LabelsThatFatCannotHoldAreRefused) {
  const fs::path disk = make_disk(dir_.path() / "disk.raw", mebibytes(36));
  for (const std::string bad : {"", "123456789012", "a b", "a*", "a\n"}) {
    EXPECT_THROW(write_esp(disk, kOffset, mebibytes(36), {}, {.label = bad}), Error) << bad;
  }
}

}  // namespace
}  // namespace keelson::image
