#include "formats/erofs/erofs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <filesystem>

#include "base/error.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::erofs {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// Bytes that do not repeat; the same each time.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state);
  }
  return bytes;
}

std::string prose(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * i) + " of many lines\n";
  text.resize(size);
  return text;
}

class Erofs : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("mkfs.erofs")) GTEST_SKIP() << "erofs-utils are not installed";
  }

  void put(const std::string& path, const std::string& content) {
    fs::create_directories((tree_ / path).parent_path());
    write_file(tree_ / path, content);
    contents_[path] = content;
  }

  const FileSystem& made(std::vector<std::string> options) {
    const fs::path image = folder_.path() / "image";
    fs::remove(image);
    std::vector<std::string> arguments{find_program("mkfs.erofs")->string(), "--quiet", "-U",
                                       "11111111-2222-4333-8444-555555555555"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {image, tree_});
    require_process({.arguments = arguments,
                     .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                     .merge_output = true},
                    "run", "mkfs.erofs");
    disk_ = std::make_unique<FileBlocks>(image);
    files_ = open_erofs(*disk_);
    return *files_;
  }

  // What mkfs.erofs can since 1.6 or later; Debian 12 has 1.5.
  static std::vector<std::vector<std::string>> newer_ways() {
    const auto help = run_process({.arguments = {find_program("mkfs.erofs")->string(), "--help"},
                                   .environment = {"LC_ALL=C"},
                                   .merge_output = true});
    std::vector<std::vector<std::string>> ways;
    for (const std::string codec : {"lzma", "deflate", "zstd"}) {
      if (help.output.find(codec) == std::string::npos) continue;
      ways.push_back({"-z" + codec});
      ways.push_back({"-z" + codec, "-C65536", "-Eztailpacking"});
      ways.push_back({"-z" + codec, "-C65536", "-Efragments,dedupe"});
    }
    if (help.output.find("deflate") == std::string::npos) return ways;
    for (const std::string extended :
         {"fragments", "all-fragments", "dedupe", "fragments,dedupe", "legacy-compress,fragments"}) {
      ways.push_back({"-zlz4", "-E" + extended});
      ways.push_back({"-zlz4hc", "-C1048576", "-E" + extended});
    }
    for (const std::string block : {"512", "2048"}) {
      ways.push_back({"-b" + block});
      ways.push_back({"-zlz4", "-b" + block, "-C16384", "-Efragments"});
    }
    return ways;
  }

  static NodeId path_in(const FileSystem& files, const fs::path& path) {
    NodeId id = files.root();
    for (const auto& part : path) id = files.find(id, part.native()).value();
    return id;
  }

  void expect_contents(const FileSystem& files) {
    for (const auto& [path, content] : contents_) {
      const NodeId id = path_in(files, path);
      ASSERT_EQ(files.node(id).size.value, content.size()) << path;
      std::string read(content.size(), '?');
      files.read(id, 0, std::as_writable_bytes(std::span(read)));
      EXPECT_TRUE(read == content) << path;
      if (content.size() < 100) continue;
      std::string part(50, '?');
      files.read(id, content.size() / 2, std::as_writable_bytes(std::span(part)));
      EXPECT_EQ(part, content.substr(content.size() / 2, 50)) << path;
    }
  }

  TempDir folder_{"erofs-test"};
  fs::path tree_ = folder_.path() / "tree";
  std::map<std::string, std::string> contents_;
  std::unique_ptr<FileBlocks> disk_;
  std::unique_ptr<FileSystem> files_;
};

TEST_F(Erofs, ContentsAreThoseOfTheFilesHoweverTheyLie) {
  for (const std::size_t size : {0, 1, 100, 4095, 4096, 4097, 8192, 70'000, 300'001, 1'000'000}) {
    put("prose/" + std::to_string(size), prose(size));
    put("noise/" + std::to_string(size), noise(size));
    put("zeros/" + std::to_string(size), std::string(size, '\0'));
    put("both/" + std::to_string(size), noise(size / 2) + prose(size / 2));
  }
  std::vector<std::vector<std::string>> ways{{},
                                             {"-zlz4"},
                                             {"-zlz4hc"},
                                             {"-zlz4", "-Elegacy-compress"},
                                             {"-zlz4", "-C65536"},
                                             {"-zlz4", "-C65536", "-Elegacy-compress"},
                                             {"-zlz4", "-Eztailpacking"},
                                             {"-zlz4hc", "-C16384", "-Eztailpacking"},
                                             {"--chunksize=4096"}};
  for (auto& way : newer_ways()) ways.push_back(std::move(way));
  for (const auto& way : ways) {
    SCOPED_TRACE(testing::PrintToString(way));
    expect_contents(made(way));
  }
}

TEST_F(Erofs, FoldersLinksModesAndAttributesAreThere) {
  put("b", "x");
  for (int i = 0; i < 500; ++i) put("many/" + std::to_string(i), "");
  fs::create_symlink("../somewhere", tree_ / "link");
  ASSERT_EQ(::mkfifo((tree_ / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(::chmod((tree_ / "b").c_str(), 04755), 0);
  const bool has_attributes = ::setxattr((tree_ / "b").c_str(), "user.sample", "value", 5, 0) == 0;
  const FileSystem& files = made({"-zlz4"});
  std::vector<std::string> names;
  for (const auto& entry : files.list(files.root())) names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("b", "link", "many", "pipe"));
  EXPECT_EQ(files.list(path_in(files, "many")).size(), 500U);
  EXPECT_EQ(files.link_target(path_in(files, "link")), "../somewhere");
  EXPECT_EQ(files.node(path_in(files, "pipe")).type, NodeType::Fifo);
  EXPECT_EQ(files.node(path_in(files, "b")).mode, 04755U);
  EXPECT_EQ(files.node(path_in(files, "b")).uid, ::getuid());
  if (has_attributes) {
    EXPECT_EQ(files.xattrs(path_in(files, "b")).at("user.sample"), "value");
  }
  EXPECT_FALSE(files.find(files.root(), "c"));
  EXPECT_EQ(files.identity().uuid, "11111111-2222-4333-8444-555555555555");
  EXPECT_THROW(files.list(path_in(files, "b")), Error);
}

TEST_F(Erofs, WhatIsNotReadIsRefusedByName) {
  put("a", prose(300'000));
  made({"-zlz4"});
  const Bytes whole = read_blocks(*disk_, 0, disk_->size().value);
  const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) -> std::string {
    Bytes changed = whole;
    put_le(changed, at, value, width);
    const MemoryBlocks disk(std::move(changed));
    try {
      open_erofs(disk);
      return "believed";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
  };
  EXPECT_THAT(with(1024 + 80, 0x81, 4), HasSubstr("features that are not read (0x80)"));
  EXPECT_THAT(with(1024 + 86, 1, 2), HasSubstr("further devices (--blobdev), which are not read"));
  EXPECT_THAT(with(1024 + 12, 20, 1), HasSubstr("blocks of a size that is not possible"));
  EXPECT_THAT(with(1024 + 90, 1, 1), HasSubstr("folders in blocks of another size"));
  EXPECT_FALSE(looks_like_erofs(MemoryBlocks(Bytes(4096))));
  EXPECT_THROW(open_erofs(MemoryBlocks(Bytes(4096))), Error);
}

// What mkfs.erofs 1.8.6 made, kept as fuzz corpus; tests/fuzz/pack_disk.py tells its form.
Bytes unpacked(const std::string& name) {
  const fs::path source = std::getenv("KEELSON_SOURCE_DIR");
  const std::string packed = read_file(source / "tests/fuzz/corpus/erofs" / name);
  const ByteReader reader(as_bytes(packed), "packed disk");
  Bytes image(std::size_t{reader.u32le(0)} * 512);
  for (std::size_t at = 4; at < packed.size();) {
    const std::size_t length = reader.u16le(at + 4) * std::size_t{512};
    std::ranges::copy(reader.bytes(at + 6, length),
                      image.begin() + static_cast<std::ptrdiff_t>(reader.u32le(at) * std::size_t{512}));
    at += 6 + length;
  }
  return image;
}

TEST(ErofsKept, WhatNewerToolsMakeIsRead) {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += fmt::format("{:06} what is read here was compressed, and is the same as before\n", i);
  for (const std::string name : {"fragments", "large", "lzma", "packed", "zstd"}) {
    SCOPED_TRACE(name);
    const MemoryBlocks disk(unpacked(name));
    const auto files = open_erofs(disk);
    const auto content = [&](std::string_view path, std::size_t piece) {
      const NodeId id = files->find(files->root(), path).value();
      std::string whole(files->node(id).size.value, '?');
      for (std::size_t at = 0; at < whole.size(); at += piece)
        files->read(id, at, std::as_writable_bytes(std::span(whole)).subspan(at, std::min(piece, whole.size() - at)));
      return whole;
    };
    EXPECT_TRUE(content("long", 60'000) == text.substr(0, 60'000));
    EXPECT_TRUE(content("long", 777) == text.substr(0, 60'000));
    EXPECT_TRUE(content("copy", 100'000) == text.substr(3000, 47'000));
    const NodeId a = files->find(files->root(), "a").value();
    EXPECT_EQ(files->xattrs(files->find(a, "text").value()).at("user.colour"), "blue");
    EXPECT_EQ(files->node(files->find(a, "text").value()).modified.seconds, 1'700'000'000);
  }
}

}  // namespace
}  // namespace keelson::erofs
