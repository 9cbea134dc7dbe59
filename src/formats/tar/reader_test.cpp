#include "formats/tar/reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/tar/numbers.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::tar {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// A header of the classic form; numbers as octal text.
std::string header(std::string name, char type, std::uint64_t size, std::string target = "") {
  std::string block(kBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { block.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  char number[12];
  std::snprintf(number, sizeof number, "%011llo", static_cast<unsigned long long>(size));
  put(124, number);
  put(136, "00000000000");
  block[156] = type;
  put(157, target);
  put(257, "ustar\0"s + "00");
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(number, sizeof number, "%06o", sum);
  put(148, number);
  block[154] = '\0';
  return block;
}

std::string padded(std::string text) {
  text.resize((text.size() + kBlock - 1) / kBlock * kBlock);
  return text;
}

std::string pax(std::string records) { return header("pax", 'x', records.size()) + padded(records); }

std::string record(const std::string& key, const std::string& value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + " " + key + "=" + value + "\n";
}

const std::string kEnd(2 * kBlock, '\0');

struct Read {
  ReadEntry entry;
  std::string content;
};

std::string content_of(const BlockSource& archive, const ReadEntry& entry) {
  std::string text(entry.size, '\0');
  for (const auto& place : entry.content)
    archive.read(place.range.offset, std::as_writable_bytes(std::span(text)).subspan(place.offset, place.range.length));
  return text;
}

std::vector<Read> read_all(std::string_view archive) {
  const MemoryBlocks blocks(Bytes(as_bytes(archive).begin(), as_bytes(archive).end()));
  Reader reader(blocks);
  std::vector<Read> all;
  while (auto entry = reader.next()) {
    std::string content = content_of(blocks, *entry);
    all.push_back({std::move(*entry), std::move(content)});
  }
  return all;
}

std::string refusal(const std::string& archive) {
  try {
    read_all(archive);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(TarReader, WhatTheWriterWroteIsReadBack) {
  const std::string deep = "folder/" + std::string(200, 'l') + "/" + std::string(120, 'n');
  const std::vector<std::pair<Entry, std::string>> entries{
      {{.path = "folder", .type = EntryType::Folder, .mode = 01777, .mtime = 5}, ""},
      {{.path = deep, .mode = 04755, .uid = 4'000'000'000, .gid = 7, .mtime = -5}, std::string(513, 'a')},
      {{.path = "link", .type = EntryType::Symlink, .mode = 0777, .target = std::string(300, 't')}, ""},
      {{.path = "second", .type = EntryType::HardLink, .target = deep}, ""},
      {{.path = "able", .mode = 0755, .xattrs = {{"security.capability", "\1\0\n="s}}}, "z"},
      {{.path = "null", .type = EntryType::CharDevice, .mode = 0666, .device_major = 1, .device_minor = 3}, ""},
  };
  Writer writer;
  for (const auto& [entry, content] : entries) writer.add(entry, content);
  const Bytes archive = writer.finish();
  const auto all = read_all(as_text(archive));
  ASSERT_EQ(all.size(), entries.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Entry& is = all[i].entry.entry;
    const Entry& was = entries[i].first;
    std::string path = is.path;
    if (path.ends_with('/')) path.pop_back();
    EXPECT_EQ(path, was.path);
    EXPECT_EQ(is.type, was.type);
    EXPECT_EQ(is.mode, was.mode) << path;
    EXPECT_EQ(is.uid, was.uid);
    EXPECT_EQ(is.mtime, was.mtime);
    EXPECT_EQ(is.target, was.target);
    EXPECT_EQ(is.device_minor, was.device_minor);
    EXPECT_EQ(is.xattrs, was.xattrs);
    EXPECT_EQ(all[i].content, entries[i].second) << path;
  }
}

// GNU tar writes each of its forms of a sparse file, its long names and its large numbers.
TEST(TarReader, WhatGnuTarWritesIsRead) {
  const TempDir dir("tar-reader");
  std::string sparse(3'000'000, '\0');
  for (std::size_t i = 0; i < 40; ++i) sparse.replace(i * 70'000 + 4096, 5, "data" + std::to_string(i % 10));
  std::filesystem::create_directories(dir.path() / "root");
  write_file(dir.path() / "root/sparse", "");
  const UniqueFd fd = open_file(dir.path() / "root/sparse", O_RDWR);
  for (std::size_t i = 0; i < 40; ++i)
    write_all_at(fd.get(), as_bytes(std::string_view(sparse).substr(i * 70'000 + 4096, 5)), i * 70'000 + 4096,
                 "sparse");
  ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(sparse.size())), 0);
  const std::string long_name(180, 'n');
  write_file(dir.path() / "root" / long_name, "long");
  const std::vector<std::vector<std::string>> forms{{"--format=gnu"},
                                                    {"--format=posix", "--sparse-version=0.0"},
                                                    {"--format=posix", "--sparse-version=0.1"},
                                                    {"--format=posix", "--sparse-version=1.0"}};
  for (const auto& form : forms) {
    std::vector<std::string> arguments{"tar",
                                       "-C",
                                       dir.path() / "root",
                                       "-S",
                                       "--hole-detection=raw",
                                       "--mtime=@1700000000.5",
                                       "-cf",
                                       dir.path() / "a.tar"};
    arguments.insert(arguments.end(), form.begin(), form.end());
    arguments.insert(arguments.end(), {"sparse", long_name});
    require_process({.arguments = arguments}, "run", "tar");
    const auto all = read_all(read_file(dir.path() / "a.tar"));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].entry.entry.path, "sparse") << form.back();
    EXPECT_EQ(all[0].content, sparse) << form.back();
    EXPECT_GE(all[0].entry.content.size(), 30u) << form.back();
    EXPECT_EQ(all[1].entry.entry.path, long_name);
    EXPECT_EQ(all[1].content, "long");
    EXPECT_EQ(all[1].entry.entry.mtime, 1'700'000'000);
  }
}

TEST(TarReader, PaxRecordsGoBeforeTheHeader) {
  const auto all = read_all(header("global", 'g', record("uid", "7").size()) + padded(record("uid", "7")) +
                            pax(record("path", "long/name") + record("size", "3") + record("mtime", "-1.25") +
                                record("SCHILY.xattr.user.a", "b\0c"s)) +
                            header("short", '0', 0) + padded("abc") + header("next", '0', 0) + kEnd);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].entry.entry.path, "long/name");
  EXPECT_EQ(all[0].content, "abc");
  EXPECT_EQ(all[0].entry.entry.uid, 7u);
  EXPECT_EQ(all[0].entry.entry.mtime, -2);
  EXPECT_EQ(all[0].entry.nanoseconds, 750'000'000u);
  EXPECT_EQ(all[0].entry.entry.xattrs.at("user.a"), "b\0c"s);
  EXPECT_EQ(all[1].entry.entry.path, "next");
  EXPECT_EQ(all[1].entry.entry.uid, 7u);
}

TEST(TarReader, NumbersOfBothFormsAreRead) {
  EXPECT_EQ(parse_field("0000644\0"s), 0644);
  EXPECT_EQ(parse_field("   12 \0"s), 012);
  EXPECT_EQ(parse_field(std::string(8, '\0')), 0);
  EXPECT_EQ(parse_field("\x80\0\0\0\0\0\0\0\0\0\1\2"s), 258);
  EXPECT_EQ(parse_field(std::string(11, '\xff') + "\xfe"), -2);
  EXPECT_EQ(parse_field("\x80\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff"s), std::nullopt);
  EXPECT_EQ(parse_field("-1"), std::nullopt);
  EXPECT_EQ(parse_field("8"), std::nullopt);
  EXPECT_EQ(parse_decimal("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_decimal(""), std::nullopt);
  EXPECT_EQ(parse_time("1.x"), std::nullopt);
}

TEST(TarReader, AnArchiveThatIsCutOffIsRefused) {
  const std::string whole = header("a", '0', 1000) + padded(std::string(1000, 'a')) + header("b", '0', 0) + kEnd;
  EXPECT_EQ(read_all(whole).size(), 2u);
  EXPECT_THAT(refusal(whole.substr(0, 700)), HasSubstr("reaches past the archive's end"));
  EXPECT_THAT(refusal(whole.substr(0, 1700)), HasSubstr("cut off in its header"));
  EXPECT_THAT(refusal(pax(record("path", "a"))), HasSubstr("is missing"));
  // Between two entries nothing shows it but the missing end.
  const MemoryBlocks blocks(Bytes(as_bytes(whole).begin(), as_bytes(whole).begin() + 1536));
  Reader reader(blocks);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ended_by_zeros());
}

TEST(TarReader, WhatLiesIsRefused) {
  std::string damaged = header("a", '0', 0);
  damaged[0] = 'b';
  EXPECT_THAT(refusal(damaged + kEnd), HasSubstr("wrong checksum"));
  EXPECT_THAT(refusal(header("a", 'L', 5u << 20) + kEnd), HasSubstr("1 MiB"));
  EXPECT_THAT(refusal(header("a", 'M', 0) + kEnd), HasSubstr("kind that is not known"));
  EXPECT_THAT(refusal(pax("999 path=a\n") + header("a", '0', 0)), HasSubstr("wrong length"));
  EXPECT_THAT(refusal(pax(record("path", "a\0b"s)) + header("a", '0', 0)), HasSubstr("NUL"));
  EXPECT_THAT(refusal(pax(record("size", "99999999999999999999")) + header("a", '0', 0)), HasSubstr("size"));
  EXPECT_THAT(refusal(pax(record("SCHILY.xattr.", "v")) + header("a", '0', 0)), HasSubstr("attribute"));
  const auto sparse = [](const std::string& map) {
    return pax(record("GNU.sparse.size", "100") + record("GNU.sparse.map", map)) + header("a", '0', 10) +
           padded("0123456789");
  };
  EXPECT_EQ(refusal(sparse("0,5,20,5") + kEnd), "accepted");
  EXPECT_THAT(refusal(sparse("20,5,0,5") + kEnd), HasSubstr("overlaps"));
  EXPECT_THAT(refusal(sparse("0,11") + kEnd), HasSubstr("more bytes than it holds"));
  EXPECT_THAT(refusal(sparse("99,2") + kEnd), HasSubstr("overlaps"));
  EXPECT_THAT(refusal(sparse("0,5,6") + kEnd), HasSubstr("sparse map"));
}

}  // namespace
}  // namespace keelson::tar
