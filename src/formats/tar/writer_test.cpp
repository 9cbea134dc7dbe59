#include "formats/tar/writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::tar {
namespace {

using namespace std::string_literals;

std::vector<std::pair<Entry, std::string>> sample() {
  const std::string long_name = "folder/" + std::string(200, 'l') + "/" + std::string(120, 'n');
  const std::string split_name = std::string(120, 'p') + "/" + std::string(90, 'q');
  return {
      {{.path = "folder", .type = EntryType::Folder, .mode = 01777, .mtime = 5}, ""},
      {{.path = "folder/a", .mode = 04755, .uid = 1000, .gid = 1001, .mtime = 1'700'000'000}, std::string(513, 'a')},
      {{.path = "folder/empty"}, ""},
      {{.path = long_name, .mtime = 7}, "long\n"},
      {{.path = split_name}, "split\n"},
      {{.path = "link", .type = EntryType::Symlink, .mode = 0777, .target = "../folder/a"}, ""},
      {{.path = "long-link", .type = EntryType::Symlink, .mode = 0777, .target = std::string(300, 't')}, ""},
      {{.path = "second", .type = EntryType::HardLink, .target = "folder/a"}, ""},
      {{.path = "big-owner", .uid = 4'000'000'000, .gid = 3'000'000'000}, "x"},
      {{.path = "old", .mtime = -5}, "y"},
      {{.path = "capable", .mode = 0755, .xattrs = {{"security.capability", "\1\0\0\2\n="s}, {"user.b", "1"}}}, "z"},
      {{.path = "null", .type = EntryType::CharDevice, .mode = 0666, .device_major = 1, .device_minor = 3}, ""},
      {{.path = "pipe", .type = EntryType::Fifo}, ""},
  };
}

Bytes write_sample() {
  Writer writer;
  for (const auto& [entry, content] : sample()) writer.add(entry, content);
  return writer.finish();
}

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

std::map<std::string, std::string> xattrs_of(archive_entry* entry) {
  std::map<std::string, std::string> xattrs;
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    xattrs[name] = std::string(static_cast<const char*>(value), size);
  return xattrs;
}

TEST(TarWriter, LibarchiveReadsEveryFieldBack) {
  const Bytes bytes = write_sample();
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  ASSERT_EQ(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()), ARCHIVE_OK);
  for (const auto& [entry, content] : sample()) {
    archive_entry* found = nullptr;
    ASSERT_EQ(archive_read_next_header(reader.get(), &found), ARCHIVE_OK) << archive_error_string(reader.get());
    const bool is_folder = entry.type == EntryType::Folder;
    EXPECT_EQ(archive_entry_pathname(found), entry.path + (is_folder ? "/" : ""));
    EXPECT_EQ(archive_entry_perm(found), entry.mode) << entry.path;
    EXPECT_EQ(archive_entry_uid(found), static_cast<la_int64_t>(entry.uid)) << entry.path;
    EXPECT_EQ(archive_entry_gid(found), static_cast<la_int64_t>(entry.gid)) << entry.path;
    EXPECT_EQ(archive_entry_mtime(found), entry.mtime) << entry.path;
    EXPECT_EQ(archive_entry_size(found), static_cast<la_int64_t>(content.size())) << entry.path;
    EXPECT_EQ(xattrs_of(found), entry.xattrs) << entry.path;
    if (entry.type == EntryType::Symlink) {
      EXPECT_EQ(archive_entry_symlink(found), entry.target);
    }
    if (entry.type == EntryType::HardLink) {
      EXPECT_EQ(archive_entry_hardlink(found), entry.target);
    }
    if (entry.type == EntryType::CharDevice) {
      EXPECT_EQ(archive_entry_rdevmajor(found), 1u);
      EXPECT_EQ(archive_entry_rdevminor(found), 3u);
    }
    std::string read(content.size() + 1, '\0');
    EXPECT_EQ(archive_read_data(reader.get(), read.data(), read.size()), static_cast<la_ssize_t>(content.size()));
    EXPECT_EQ(read.substr(0, content.size()), content) << entry.path;
  }
  archive_entry* after = nullptr;
  EXPECT_EQ(archive_read_next_header(reader.get(), &after), ARCHIVE_EOF);
}

TEST(TarWriter, GnuTarExtractsIt) {
  if (!find_program("tar")) GTEST_SKIP() << "GNU tar is not installed";
  const TempDir temp("tar");
  Writer writer;
  for (const auto& [entry, content] : sample())
    if (entry.type != EntryType::CharDevice) writer.add(entry, content);
  const Bytes bytes = writer.finish();
  write_file(temp.path() / "a.tar", as_text(bytes));
  std::filesystem::create_directory(temp.path() / "out");
  const ProcessResult result = run_process({.arguments = {"tar", "-C", (temp.path() / "out").native(),
                                                          "--no-same-owner", "-xf", (temp.path() / "a.tar").native()},
                                            .merge_output = true});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  for (const auto& [entry, content] : sample()) {
    if (entry.type == EntryType::File) {
      EXPECT_EQ(read_file(temp.path() / "out" / entry.path), content);
    }
    if (entry.type == EntryType::Symlink) {
      EXPECT_EQ(std::filesystem::read_symlink(temp.path() / "out" / entry.path), entry.target);
    }
  }
  EXPECT_TRUE(std::filesystem::equivalent(temp.path() / "out/second", temp.path() / "out/folder/a"));
}

TEST(TarWriter, TheSameEntriesGiveTheSameBytesInWholeRecords) {
  const Bytes bytes = write_sample();
  EXPECT_EQ(bytes, write_sample());
  EXPECT_EQ(bytes.size() % 10240, 0u);
}

TEST(TarWriter, PaxLengthsThatGrowByCountingThemselvesAreRight) {
  // Records of 9 to 11, 99 to 101 and 999 to 1001 bytes: where the length gains a digit.
  for (std::size_t size = 1; size < 1100; ++size) {
    Writer writer;
    writer.add({.path = "f", .xattrs = {{"u", std::string(size, 'x')}}});
    const Bytes bytes = writer.finish();
    const std::string_view record = as_text(bytes).substr(512);
    const std::size_t length = std::stoul(std::string(record.substr(0, 5)));
    EXPECT_EQ(record[length - 1], '\n') << size;
    EXPECT_EQ(std::stoul(std::string(as_text(bytes).substr(124, 11)), nullptr, 8), length) << size;
  }
}

TEST(TarWriter, PathsThatLeaveTheFolderAreRefused) {
  for (const char* path : {"", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/"}) {
    Writer writer;
    EXPECT_THROW(writer.add({.path = path}), Error) << path;
  }
}

}  // namespace
}  // namespace keelson::tar
