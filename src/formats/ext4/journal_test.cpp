// Journals that debugfs wrote: what is read is what e2fsck makes of a copy; damaged ones are told, and not used.
#include "formats/ext4/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "formats/ext4/image_test.h"

namespace keelson::ext4 {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Form {
  std::string name;
  std::vector<std::string> options;
  std::string open;  // debugfs' journal_open
  std::size_t block = 1024;
};

void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

const Form kPlain{"Plain", {"-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^64bit"}, "jo"};
const Form kSums3{"Sums3", {"-t", "ext4", "-b", "1024", "-O", "metadata_csum,64bit"}, "jo -c -v 3"};

// One line for all that a file system holds below a folder.
void describe(const FileSystem& image, NodeId id, const std::string& path, std::vector<std::string>& lines) {
  const Node node = image.node(id);
  std::string line =
      fmt::format("{} {} {:o} {} {} {} {} {}.{}", path, static_cast<int>(node.type), node.mode, node.uid, node.gid,
                  node.links, node.size.value, node.modified.seconds, node.modified.nanoseconds);
  for (const auto& [name, value] : image.xattrs(id)) line += fmt::format(" {}={}", name, value);
  if (node.type == NodeType::File) line += " " + content(image, id);
  if (node.type == NodeType::Symlink) line += " " + image.link_target(id);
  lines.push_back(line);
  if (node.type != NodeType::Folder) return;
  for (const FolderEntry& entry : image.list(id)) describe(image, entry.id, path + "/" + entry.name, lines);
}

std::vector<std::string> describe(const fs::path& image) {
  const FileBlocks disk(image);
  const auto opened = open_ext4(disk);
  EXPECT_FALSE(opened->identity().dirty) << opened->identity().why_dirty;
  std::vector<std::string> lines;
  describe(*opened, opened->root(), "", lines);
  return lines;
}

class Ext4Journal : public testing::TestWithParam<Form> {
 protected:
  void SetUp() override {
    if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
  }

  void make(const Form& form) {
    form_ = form;
    const fs::path root = dir_.path() / "root";
    fs::create_directories(root / "folder");
    write_file(root / "file", std::string(8 * form.block, 'o'));
    write_file(root / "folder/other", "other");
    image_ = make_image(dir_, root, form.options, "32M");
    journal_ = block_of("<8>", 0);
  }

  std::uint64_t block_of(const std::string& file, int number) const {
    return std::stoull(last_line(run({"debugfs", "-R", fmt::format("bmap {} {}", file, number), image_})));
  }
  static std::string last_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }

  // A transaction that gives blocks of /file the contents that are named by letters, and then takes others back.
  std::string transaction(const std::string& name, const std::string& blocks, const std::string& contents,
                          const std::string& options = "") const {
    std::string bytes;
    for (const char letter : contents) {
      std::string block(form_.block, letter);
      if (letter == 'E') block.replace(0, 4, "\xC0\x3B\x39\x98");
      bytes += block;
    }
    write_file(dir_.path() / name, bytes);
    return fmt::format("jw {}{} {}\n", options, blocks.empty() ? "" : "-b " + places(blocks),
                       (dir_.path() / name).string());
  }
  // "013" as the list of the places of these blocks of /file.
  std::string places(const std::string& blocks) const {
    std::string list;
    for (const char digit : blocks)
      list += fmt::format("{}{}", list.empty() ? "" : ",", block_of("/file", digit - '0'));
    return list;
  }
  void write_journal(const std::string& transactions) const {
    debugfs(image_, form_.open + "\n" + transactions + "jc\n");
  }
  // Two transactions: enough to damage the second.
  void make_two(const Form& form) {
    make(form);
    write_journal(transaction("a", "0", "a") + transaction("b", "1", "b"));
  }

  void poke(std::uint64_t block, std::size_t at, std::string_view bytes) const {
    const UniqueFd fd = open_file(image_, O_WRONLY);
    write_all_at(fd.get(), as_bytes(bytes), block * form_.block + at, "image");
  }
  std::string why_dirty() const {
    const FileBlocks disk(image_);
    const auto opened = open_ext4(disk);
    EXPECT_EQ(content(*opened, require_path(*opened, "file")),
              opened->identity().dirty ? std::string(8 * form_.block, 'o') : letters("ab"));
    EXPECT_EQ(opened->identity().dirty, !opened->identity().why_dirty.empty());
    return opened->identity().why_dirty;
  }
  // What /file holds when its first blocks are of these letters.
  std::string letters(const std::string& first) const {
    std::string all;
    for (const char letter : first) {
      std::string block(form_.block, letter);
      if (letter == 'E') block.replace(0, 4, "\xC0\x3B\x39\x98");
      all += block;
    }
    return all + std::string(8 * form_.block - all.size(), 'o');
  }
  std::string file() const {
    const FileBlocks disk(image_);
    const auto opened = open_ext4(disk);
    EXPECT_FALSE(opened->identity().dirty) << opened->identity().why_dirty;
    return content(*opened, require_path(*opened, "file"));
  }
  fs::path checked_copy() const {
    const fs::path copy = dir_.path() / "copy";
    fs::copy_file(image_, copy, fs::copy_options::overwrite_existing);
    run_process({.arguments = {"e2fsck", "-fy", copy.string()}, .merge_output = true});  // 1: it mended something
    return copy;
  }

  TempDir dir_{"ext4-journal-test"};
  Form form_;
  fs::path image_;
  std::uint64_t journal_ = 0;  // its first block
};

TEST_P(Ext4Journal, WhatIsReadIsWhatE2fsckMakesOfIt) {
  make(GetParam());
  write_journal(transaction("first", "0123", "abcd") + transaction("second", "145", "BEf") +
                fmt::format("jw -r {}\n", places("3")) + transaction("last", "06", "xy", "-c "));
  const std::vector<std::string> before = describe(image_);
  EXPECT_EQ(file(), letters("aBcoEf"));
  EXPECT_EQ(before, describe(checked_copy()));
}

TEST_P(Ext4Journal, ContentPlacesAndRangesShowWhatWasReplayed) {
  make(GetParam());
  write_journal(transaction("first", "2345", "cdEf"));
  const FileBlocks disk(image_);
  const auto opened = open_ext4(disk);
  const auto found = opened->content_places(require_path(*opened, "file"));
  ASSERT_TRUE(found);
  std::string all;
  for (const ContentPlace& place : found->places) {
    std::string bytes(place.range.length, '?');
    found->disk->read(place.range.offset, std::as_writable_bytes(std::span(bytes)));
    all += bytes;
    const auto data = found->disk->next_data(place.range.offset);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->offset, place.range.offset);
  }
  EXPECT_EQ(all, letters("oocdEf"));
}

INSTANTIATE_TEST_SUITE_P(
    Forms, Ext4Journal,
    testing::Values(kPlain, kSums3, Form{"Ext3", {"-t", "ext3", "-b", "1024"}, "jo"},
                    Form{"Plain64", {"-t", "ext4", "-O", "^metadata_csum,64bit", "-b", "4096"}, "jo", 4096},
                    Form{"Sums2", {"-t", "ext4", "-O", "metadata_csum,^64bit", "-b", "1024"}, "jo -c -v 2"},
                    Form{"Sums2Of64", {"-t", "ext4", "-O", "metadata_csum,64bit", "-b", "4096"}, "jo -c -v 2", 4096},
                    Form{
                        "Sums3Of4096", {"-t", "ext4", "-O", "metadata_csum,^64bit", "-b", "4096"}, "jo -c -v 3", 4096}),
    [](const auto& form) { return form.param.name; });

// Knows that there is nothing behind its first 6 KiB.
class HoledDisk final : public BlockSource {
 public:
  explicit HoledDisk(Bytes bytes) : bytes_(std::move(bytes)) {}
  ByteCount size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override { bytes_.read(offset, to); }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override {
    if (offset >= 6144) return std::nullopt;
    return BlockRange{offset, 6144 - offset};
  }

 private:
  MemoryBlocks bytes_;
};

TEST(Ext4ReplayedDisk, ItsBlocksLieOverTheDiskForReadsAndForRanges) {
  Bytes bytes(32 * 1024);
  for (std::size_t i = 3 * 1024; i < 6 * 1024; ++i) bytes[i] = static_cast<std::byte>(i * 7 % 251 + 1);
  Bytes expected = bytes;
  const auto copy = [&](std::size_t to, std::size_t from) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from * 1024), 1024,
                expected.begin() + static_cast<std::ptrdiff_t>(to * 1024));
  };
  copy(10, 3);
  copy(11, 4);
  copy(20, 5);
  for (std::size_t i = 0; i < 4; ++i) expected[20 * 1024 + i] = std::byte("\xC0\x3B\x39\x98"[i]);
  const HoledDisk below(bytes);
  const ReplayedDisk disk(below, 1024, {{10, 3, false}, {11, 4, false}, {20, 5, true}});
  for (const std::size_t offset : {0, 1, 2047, 10 * 1024 + 5, 20 * 1024 + 1, 20 * 1024 + 4, 32 * 1024}) {
    for (const std::size_t length : {0, 1, 2, 3, 1024, 3000, 12'000}) {
      if (offset + length > bytes.size()) continue;
      Bytes read(length);
      disk.read(offset, read);
      EXPECT_TRUE(std::equal(read.begin(), read.end(), expected.begin() + static_cast<std::ptrdiff_t>(offset)))
          << offset << " " << length;
    }
  }
  EXPECT_THROW(disk.read(32 * 1024, std::span(bytes).first(1)), Error);
  EXPECT_EQ(disk.next_data(1), (BlockRange{1, 6143}));
  EXPECT_EQ(disk.next_data(6 * 1024), (BlockRange{10 * 1024, 2048}));
  EXPECT_EQ(disk.next_data(11 * 1024 + 3), (BlockRange{11 * 1024 + 3, 1021}));
  EXPECT_EQ(disk.next_data(12 * 1024), (BlockRange{20 * 1024, 1024}));
  EXPECT_EQ(disk.next_data(21 * 1024), std::nullopt);
}

using Ext4JournalDamage = Ext4Journal;

TEST_F(Ext4JournalDamage, AnEmptyJournalIsClean) {
  make(kSums3);
  debugfs(image_, "feature needs_recovery\n");
  EXPECT_EQ(file(), letters(""));
}

TEST_F(Ext4JournalDamage, OrphansDoNotMatterOnceItWasReplayed) {
  make(kSums3);
  write_journal(transaction("a", "0", "a"));
  debugfs(image_, "ssv last_orphan 12\n");
  EXPECT_EQ(file(), letters("a"));
  debugfs(image_, "feature -needs_recovery\n");
  EXPECT_TRUE(open_ext4(FileBlocks(image_))->identity().dirty);
}

TEST_F(Ext4JournalDamage, SequenceNumbersBeginAgainAtZero) {
  make(kPlain);
  poke(journal_, 0x18, "\xff\xff\xff\xff");
  write_journal(transaction("a", "0", "a") + transaction("b", "01", "bb") + fmt::format("jw -r {}\n", places("0")) +
                transaction("c", "2", "c"));
  EXPECT_EQ(file(), letters("obc"));
  EXPECT_EQ(describe(image_), describe(checked_copy()));
}

TEST_F(Ext4JournalDamage, AWholeJournalOfTwoTransactionsIsRead) {
  for (const Form& form : {kPlain, kSums3}) {
    make_two(form);
    EXPECT_EQ(why_dirty(), "") << form.name;
  }
}

TEST_F(Ext4JournalDamage, ItsSuperblockMustBeThere) {
  make_two(kPlain);
  poke(journal_, 0, "none");
  EXPECT_THAT(why_dirty(), HasSubstr("its superblock is not there"));
}

TEST_F(Ext4JournalDamage, ItsSuperblockMustFitTheJournal) {
  struct Lie {
    std::size_t at;
    std::string_view bytes;
    std::string_view why;
  };
  for (const Lie& lie :
       {Lie{0x0C, {"\0\0\x10\0", 4}, "are not the file system's"}, Lie{0x10, {"\x7f\0\0\0", 4}, "are more than the"},
        Lie{0x14, {"\0\0\0\0", 4}, "does not begin"}, Lie{0x1C, {"\0\1\0\0", 4}, "does not begin"},
        Lie{0x20, {"\0\0\0\5", 4}, "an error"}, Lie{0x28, {"\0\0\1\0", 4}, "features 0x100 are unknown"},
        Lie{0x28, {"\0\0\0\x18", 4}, "several kinds"}}) {
    make_two(kPlain);
    poke(journal_, lie.at, lie.bytes);
    EXPECT_THAT(why_dirty(), HasSubstr(std::string(lie.why)));
  }
}

TEST_F(Ext4JournalDamage, AnyFlippedByteThatAChecksumCoversIsSeen) {
  struct Place {
    std::uint64_t block;
    std::size_t at;
    std::string_view why;
  };
  // The log: descriptor, content, commit, and the same again.
  for (const Place& place :
       {Place{0, 900, "its superblock's checksum is wrong"}, Place{4, 500, "has a wrong checksum"},
        Place{5, 500, "the checksum of what it has for block"}, Place{6, 500, "has a wrong checksum"}}) {
    make_two(kSums3);
    poke(journal_ + place.block, place.at, "!");
    EXPECT_THAT(why_dirty(), HasSubstr(std::string(place.why)));
  }
}

TEST_F(Ext4JournalDamage, WithoutItsCommitATransactionNeverWas) {
  make_two(kPlain);
  poke(journal_ + 6, 0, "none");
  EXPECT_EQ(file(), letters("a"));
  EXPECT_EQ(describe(image_), describe(checked_copy()));
}

TEST_F(Ext4JournalDamage, AWrongChecksumOfAWholeTransactionIsSeen) {
  make_two(kPlain);
  poke(journal_, 0x24, {"\0\0\0\1", 4});  // "checksum"; commits without one are allowed
  EXPECT_EQ(why_dirty(), "");
  // The CRC-32 of descriptor and content, highest bit first, neither end inverted.
  std::uint32_t sum = ~0u;
  for (const char c : read_file(image_).substr((journal_ + 4) * form_.block, 2 * form_.block)) {
    for (int bit = 7; bit >= 0; --bit) sum = (sum << 1) ^ (((sum >> 31) ^ ((c >> bit) & 1u)) != 0 ? 0x04C11DB7u : 0u);
  }
  ByteWriter commit;
  commit.u32be(0x01040000);
  commit.u32be(sum);
  poke(journal_ + 6, 0xC, as_text(commit.view()));
  EXPECT_EQ(why_dirty(), "");
  poke(journal_ + 6, 0xC, {"\1\4\0\0\x12\x34\x56\x78", 8});
  EXPECT_THAT(why_dirty(), HasSubstr("transaction 2 has a wrong checksum"));
  poke(journal_, 0x28, {"\0\0\0\5", 4});  // with asynchronous commits it was interrupted
  EXPECT_EQ(file(), letters("a"));
}

TEST_F(Ext4JournalDamage, ABlockThatTheDiskHasNotIsSeen) {
  make_two(kPlain);
  poke(journal_ + 4, 12, "\x7f\xff\xff\xff");
  EXPECT_THAT(why_dirty(), HasSubstr("it has block 2147483647, and the disk 32768"));
}

TEST_F(Ext4JournalDamage, AJournalOnAnotherDiskOrNoneIsTold) {
  make_two(kPlain);
  debugfs(image_, "ssv journal_inum 0\n");
  EXPECT_THAT(why_dirty(), HasSubstr("it is on another disk"));
  debugfs(image_, "feature -has_journal\n");
  EXPECT_THAT(why_dirty(), HasSubstr("there is none"));
}

TEST_F(Ext4JournalDamage, FastCommitsOfTheNextTransactionAreTold) {
  make_two(kPlain);
  poke(journal_, 0x28, {"\0\0\0\x21", 4});
  poke(journal_, 0x54, {"\0\0\0\x40", 4});
  EXPECT_EQ(why_dirty(), "");
  const std::uint64_t area = journal_ + 4096 - 64 + 1;
  poke(area, 0, {"\x09\0\x08\0\0\0\0\0\2\0\0\0", 12});  // of a transaction that has been complete since
  EXPECT_EQ(why_dirty(), "");
  poke(area, 8, "\3");
  EXPECT_THAT(why_dirty(), HasSubstr("fast commits, which are not supported"));
}

TEST_F(Ext4JournalDamage, ALogThatNeverEndsIsReadOnce) {
  make_two(kPlain);
  // Every block is a revocation of transaction 1 that takes nothing back.
  for (std::uint64_t block = 1; block < 4096; ++block)
    poke(journal_ + block, 0, {"\xC0\x3B\x39\x98\0\0\0\5\0\0\0\1\0\0\0\x10", 16});
  EXPECT_EQ(file(), letters(""));
}

}  // namespace
}  // namespace keelson::ext4
