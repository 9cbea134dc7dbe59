// Images that lie: each is refused with an error that names the lie; none hangs, crashes or is believed.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "formats/squashfs/squashfs.h"
#include "formats/squashfs/tiny_image_test.h"

namespace keelson::squashfs {
namespace {

using testing::HasSubstr;

void visit(const FileSystem& files, NodeId id, int depth) {
  ASSERT_LT(depth, 50) << "the tree has no end";
  const Node node = files.node(id);
  files.xattrs(id);
  if (node.type == NodeType::Symlink) files.link_target(id);
  if (node.type == NodeType::File) {
    files.next_data(id, 0);
    Bytes content(std::min<std::uint64_t>(node.size.value, 100'000));
    files.read(id, 0, content);
  }
  if (node.type != NodeType::Folder) return;
  for (const FolderEntry& entry : files.list(id)) visit(files, entry.id, depth + 1);
}

// Opens the image and reads all there is.
std::string walk(Bytes image) {
  const MemoryBlocks disk(std::move(image));
  try {
    const auto files = open_squashfs(disk);
    visit(*files, files->root(), 0);
    return "believed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
}

TEST(SquashfsHostile, ASuperblockThatLiesIsRefused) {
  TinyImage image;
  const NodeId file = image.add_file(0, 0, {});
  const Bytes whole = image.finish(image.add_folder({{"file", file}}));
  EXPECT_EQ(walk(whole), "believed");
  const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
    Bytes changed = whole;
    put_le(changed, at, value, width);
    return walk(std::move(changed));
  };
  EXPECT_THAT(with(0, 0, 4), HasSubstr("magic number"));
  EXPECT_THAT(with(12, 8192, 4), HasSubstr("blocks of a size that is not possible"));
  EXPECT_THAT(with(12, 0, 4), HasSubstr("blocks of a size that is not possible"));
  EXPECT_THAT(with(16, 1, 4), HasSubstr("the table of fragments lies behind the end"));
  EXPECT_THAT(with(20, 2, 2), HasSubstr("compressed by LZMA"));
  EXPECT_THAT(with(20, 7, 2), HasSubstr("method 7"));
  EXPECT_THAT(with(26, 0, 2), HasSubstr("the table of owners is empty"));
  EXPECT_THAT(with(26, 65535, 2), HasSubstr("the table of owners lies behind the end"));
  EXPECT_THAT(with(28, 3, 2), HasSubstr("version 3.0"));
  EXPECT_THAT(with(32, ~0ull, 8), HasSubstr("does not lie in the table of inodes"));
  EXPECT_THAT(with(32, file, 8), HasSubstr("is no folder"));
  EXPECT_THAT(with(40, whole.size() + 1, 8), HasSubstr("longer than its disk"));
  EXPECT_THAT(with(48, ~0ull - 1, 8), HasSubstr("the table of owners lies behind the end"));
  EXPECT_THAT(with(56, whole.size() - 20, 8), HasSubstr("the table of attributes lies at a wrong place"));
  EXPECT_THAT(with(64, whole.size(), 8), HasSubstr("tables at wrong places"));
  EXPECT_THAT(with(72, ~0ull, 8), HasSubstr("tables at wrong places"));
}

TEST(SquashfsHostile, ATruncatedImageIsRefusedWhereverItEnds) {
  TinyImage image;
  const NodeId file = image.add_file(10'000, 96, {1u << 24 | 100, 0, 0});
  const Bytes whole = image.finish(image.add_folder({{"file", file}}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(walk(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))), "believed") << length;
}

TEST(SquashfsHostile, MetadataThatLiesIsRefused) {
  TinyImage image;
  const Bytes whole = image.finish(image.add_folder({{"file", image.add_file(0, 0, {})}}));
  const auto with_header = [&](std::uint16_t header) {
    Bytes changed = whole;
    put_le(changed, TinyImage::kInodeTable, header, 2);
    return walk(std::move(changed));
  };
  EXPECT_THAT(with_header(0), HasSubstr("has a length that is not possible"));
  EXPECT_THAT(with_header(0x8000), HasSubstr("has a length that is not possible"));
  EXPECT_THAT(with_header(0x8000 | 8193), HasSubstr("has a length that is not possible"));
  EXPECT_THAT(with_header(0x8000 | 8192), HasSubstr("lies behind the end"));
  EXPECT_THAT(with_header(20), HasSubstr("cannot decompress 'zlib block'"));
  EXPECT_NE(with_header(0x8000 | 20), "believed");
}

TEST(SquashfsHostile, AFolderThatContainsItselfIsRefused) {
  TinyImage self;
  const NodeId itself = self.inode_after(0);
  EXPECT_THAT(walk(self.finish(self.add_folder({{"again", itself, 1}}))), HasSubstr("in more than one place"));

  TinyImage above;  // a/b is a
  const NodeId parent = above.inode_after(TinyImage::kFolderInode);
  const NodeId child = above.add_folder({{"b", parent, 1}});
  const NodeId folder = above.add_folder({{"a", child, 1}});
  EXPECT_THAT(walk(above.finish(above.add_folder({{"root", folder, 1}}))), HasSubstr("in more than one place"));

  TinyImage hidden;  // the same, but the listing says that it is a file
  const NodeId above_it = hidden.inode_after(TinyImage::kFolderInode);
  const NodeId inner = hidden.add_folder({{"b", above_it, 2}});
  const NodeId outer = hidden.add_folder({{"a", inner, 2}});
  EXPECT_THAT(walk(hidden.finish(hidden.add_folder({{"root", outer, 2}}))), HasSubstr("no folder names as one"));

  TinyImage twice;
  const NodeId empty = twice.add_folder({});
  EXPECT_THAT(walk(twice.finish(twice.add_folder({{"a", empty, 1}, {"b", empty, 1}}))),
              HasSubstr("in more than one place"));
}

TEST(SquashfsHostile, NamesThatAreNoneAreRefused) {
  for (const std::string name : {".", "..", "a/b", "/"}) {
    TinyImage image;
    const NodeId file = image.add_file(0, 0, {});
    EXPECT_THAT(walk(image.finish(image.add_folder({{name, file}}))), HasSubstr("a name that is none")) << name;
  }
  TinyImage zero;
  const NodeId file = zero.add_file(0, 0, {});
  EXPECT_THAT(walk(zero.finish(zero.add_folder({{std::string("a\0b", 3), file}}))), HasSubstr("a name that is none"));
  TinyImage twice;
  const NodeId other = twice.add_file(0, 0, {});
  EXPECT_THAT(walk(twice.finish(twice.add_folder({{"a", other}, {"a", other}}))), HasSubstr("has a name twice"));
  TinyImage lengthy;
  const NodeId third = lengthy.add_file(0, 0, {});
  EXPECT_THAT(walk(lengthy.finish(lengthy.add_folder({{std::string(256, 'n'), third}}))), HasSubstr("is none"));
}

TEST(SquashfsHostile, ListingsThatLieAreRefused) {
  TinyImage image;
  const NodeId file = image.add_file(0, 0, {});
  const NodeId root = image.add_folder({{"file", file}});
  const Bytes whole = image.finish(root);
  const std::size_t inode = TinyImage::kInodeTable + 2 + root;
  const std::size_t listing = ByteReader(whole, "image").u64le(72) + 2;
  const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
    Bytes changed = whole;
    put_le(changed, at, value, width);
    return walk(std::move(changed));
  };
  EXPECT_THAT(with(inode + 20, 0xffffffff, 4), HasSubstr("larger than a folder can be"));
  EXPECT_THAT(with(inode + 20, 20, 4), HasSubstr("ends within an entry"));
  EXPECT_NE(with(inode + 20, 60'000, 4), "believed");
  EXPECT_THAT(with(inode + 24, 0xffffff00, 4), HasSubstr("lies behind the end"));
  EXPECT_THAT(with(inode + 34, 8192, 2), HasSubstr("listing at a wrong place"));
  EXPECT_THAT(with(listing, 256, 4), HasSubstr("more than 256 names in a run"));
  EXPECT_THAT(with(listing, 255, 4), HasSubstr("ends within an entry"));
  EXPECT_THAT(with(listing + 4, 0xffffffff, 4), HasSubstr("does not lie in the table of inodes"));
}

TEST(SquashfsHostile, FilesThatLieAreRefused) {
  const auto with_file = [](std::uint64_t size, std::uint64_t first, std::vector<std::uint32_t> lengths,
                            std::uint32_t fragment = 0xffffffff) {
    TinyImage image;
    const NodeId file = image.add_file(size, first, lengths, fragment);
    return walk(image.finish(image.add_folder({{"file", file}})));
  };
  constexpr std::uint32_t kStored = 1u << 24;
  EXPECT_EQ(with_file(50, 96, {kStored | 50}), "believed");
  EXPECT_EQ(with_file(5000, 0, {0, 0}), "believed");
  EXPECT_THAT(with_file(~0ull, 96, {}), HasSubstr("more blocks than are read"));
  EXPECT_THAT(with_file(std::uint64_t{1} << 35, 96, {}), HasSubstr("cannot read squashfs"));
  EXPECT_THAT(with_file(50, 96, {kStored | 40}), HasSubstr("of another length than it says"));
  EXPECT_THAT(with_file(50, 96, {kStored | 5000}), HasSubstr("of a length that is not possible"));
  EXPECT_THAT(with_file(50, 96, {1u << 25}), HasSubstr("of a length that is not possible"));
  EXPECT_THAT(with_file(50, 96, {kStored}), HasSubstr("of a length that is not possible"));
  EXPECT_THAT(with_file(50, ~0ull, {kStored | 50}), HasSubstr("behind the end"));
  EXPECT_THAT(with_file(50, 1'000'000, {kStored | 50}), HasSubstr("behind the end"));
  EXPECT_THAT(with_file(50, 96, {50}), HasSubstr("cannot decompress 'zlib block'"));
  EXPECT_THAT(with_file(50, 96, {}, 0), HasSubstr("a fragment that is not in their table"));
}

TEST(SquashfsHostile, SymlinksThatLieAreRefused) {
  const auto with_link = [](std::uint32_t length, const std::string& target) {
    TinyImage image;
    const NodeId link = image.add_symlink(length, target);
    return walk(image.finish(image.add_folder({{"link", link, 3}})));
  };
  EXPECT_EQ(with_link(3, "abc"), "believed");
  EXPECT_THAT(with_link(0, ""), HasSubstr("a target of no length"));
  EXPECT_THAT(with_link(3, std::string(3, '\0')), HasSubstr("a target with a zero in it"));
  EXPECT_THAT(with_link(4097, "abc"), HasSubstr("longer than a symlink can be"));
  EXPECT_THAT(with_link(4000, "abc"), HasSubstr("lies behind the end of its table"));
}

}  // namespace
}  // namespace keelson::squashfs
