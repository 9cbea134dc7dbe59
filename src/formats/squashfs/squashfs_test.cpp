// Images that need no tool: those that mksquashfs made once, kept as fuzz corpus, and those made byte by byte.
#include "formats/squashfs/squashfs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "formats/squashfs/image_test.h"
#include "formats/squashfs/tiny_image_test.h"

namespace keelson::squashfs {
namespace {

using testing::ElementsAre;

// tests/fuzz/pack_disk.py tells its form.
Bytes unpacked(const std::string& name) {
  const std::filesystem::path source = std::getenv("KEELSON_SOURCE_DIR");
  const std::string packed = read_file(source / "tests/fuzz/corpus/squashfs" / name);
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

std::string kept_text(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i)
    text += fmt::format("{:06} what is read here was compressed, and is the same as before\n", i);
  text.resize(size);
  return text;
}

TEST(SquashfsKept, EveryCompressionIsReadAndAllThatAFileIs) {
  for (const std::string name : {"gzip", "lz4", "lzo", "stored", "xz", "zstd"}) {
    SCOPED_TRACE(name);
    const MemoryBlocks disk(unpacked(name));
    const auto files = open_squashfs(disk);
    EXPECT_EQ(content(*files, "a/text"), kept_text(9000));
    EXPECT_EQ(content(*files, "a/b/deep"), "deep\n");
    EXPECT_EQ(content(*files, "sparse"), "begin" + std::string(19'995, '\0') + "end");
    EXPECT_EQ(files->next_data(require_path(*files, "sparse"), 4096).value().offset, 16'384u);
    EXPECT_EQ(require_path(*files, "hard"), require_path(*files, "a/tail"));
    const Node tail = files->node(require_path(*files, "hard"));
    EXPECT_EQ(tail.links, 2u);
    EXPECT_EQ(tail.mode, 04755u);
    EXPECT_EQ(tail.modified.seconds, 1'700'000'000);
    EXPECT_EQ(files->link_target(require_path(*files, "link")), "a/text");
    EXPECT_EQ(files->node(require_path(*files, "fifo")).type, NodeType::Fifo);
    const Node block = files->node(require_path(*files, "disk"));
    EXPECT_EQ(block.type, NodeType::BlockDevice);
    EXPECT_EQ(block.device_major, 259u);
    EXPECT_EQ(block.device_minor, 70'000u);
    EXPECT_EQ(files->list(require_path(*files, "many")).size(), 300u);
    EXPECT_EQ(files->xattrs(require_path(*files, "a/text")).at("user.colour"), "blue");
    EXPECT_EQ(files->xattrs(tail.id).at("security.capability").size(), 20u);
    for (const std::string path : {"a", "a/b", "sparse"})
      EXPECT_EQ(files->xattrs(require_path(*files, path)).at("user.long"), std::string(1500, 'v')) << path;
    EXPECT_TRUE(files->xattrs(require_path(*files, "many")).empty());
  }
}

TEST(SquashfsTiny, AFolderOfAHundredThousandNamesIsReadAndLookedInto) {
  TinyImage image;
  std::vector<TinyEntry> entries;
  for (int i = 0; i < 100'000; ++i) entries.push_back({fmt::format("name{:06}", i), image.add_file(0, 0, {})});
  const NodeId root = image.add_folder(entries);
  const MemoryBlocks disk(image.finish(root));
  const auto files = open_squashfs(disk);
  EXPECT_EQ(files->list(root).size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); i += 777) EXPECT_EQ(files->find(root, entries[i].name), entries[i].inode);
  EXPECT_EQ(files->find(root, "name100000"), std::nullopt);
  EXPECT_EQ(files->node(entries.back().inode).type, NodeType::File);
}

TEST(SquashfsTiny, AHoleOfManyGigabytesIsKnownWithoutReadingIt) {
  constexpr std::uint64_t kBlocks = 1'000'000;
  constexpr std::uint64_t kSize = kBlocks * TinyImage::kBlockSize;
  TinyImage image;
  std::vector<std::uint32_t> lengths(kBlocks);
  lengths[777'777] = 1u << 24 | TinyImage::kBlockSize;
  const NodeId file = image.add_file(kSize, 0, lengths);
  const NodeId root = image.add_folder({{"file", file}});
  const MemoryBlocks disk(image.finish(root));
  const auto files = open_squashfs(disk);
  const BlockRange data{777'777ull * TinyImage::kBlockSize, TinyImage::kBlockSize};
  EXPECT_EQ(files->next_data(file, 0), data);
  EXPECT_EQ(files->next_data(file, data.end()), std::nullopt);
  std::string piece(10'000, '?');
  files->read(file, kSize - piece.size(), std::as_writable_bytes(std::span(piece)));
  EXPECT_EQ(piece, std::string(10'000, '\0'));
  // A list that goes on after its table's end is refused.
  TinyImage shorter;
  const NodeId cut = shorter.add_file(kSize, 0, {0, 0, 0});
  const MemoryBlocks other(shorter.finish(shorter.add_folder({{"file", cut}})));
  EXPECT_THROW(open_squashfs(other)->next_data(cut, 0), Error);
}

TEST(SquashfsTiny, NamesAreInOrderHoweverTheyAreListed) {
  TinyImage image;
  const NodeId file = image.add_file(0, 0, {});
  const NodeId root = image.add_folder({{"b", file}, {"c", file}, {"a", file}});
  const MemoryBlocks disk(image.finish(root));
  const auto files = open_squashfs(disk);
  std::vector<std::string> names;
  for (const auto& entry : files->list(root)) names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(files->find(root, "a"), file);
}

}  // namespace
}  // namespace keelson::squashfs
