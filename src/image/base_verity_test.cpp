#include "image/base_verity.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/verity/tree.h"

namespace keelson::image {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A file system with /boot/grub/grub.cfg and nothing else.
class MenuOnly final : public FileSystem {
 public:
  explicit MenuOnly(std::string menu) : menu_(std::move(menu)) {}

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return 0; }
  Node node(NodeId id) const override {
    return {.id = id, .type = id == 3 ? NodeType::File : NodeType::Folder, .size = {id == 3 ? menu_.size() : 0}};
  }
  std::vector<FolderEntry> list(NodeId folder) const override { return {{kNames.at(folder), folder + 1}}; }
  std::optional<NodeId> find(NodeId folder, std::string_view name) const override {
    return name == kNames.at(folder) ? std::optional(folder + 1) : std::nullopt;
  }
  std::string link_target(NodeId) const override { return ""; }
  std::map<std::string, std::string> xattrs(NodeId) const override { return {}; }
  void read(NodeId, std::uint64_t offset, std::span<std::byte> to) const override {
    std::copy_n(as_bytes(menu_).begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
  }
  std::optional<BlockRange> next_data(NodeId, std::uint64_t) const override { return std::nullopt; }

 private:
  inline static const std::array<std::string, 3> kNames{"boot", "grub", "grub.cfg"};
  std::string menu_;
  FileSystemIdentity identity_;
};

constexpr std::uint64_t kData = 16 * 4096;

/// A disk of three partitions: data, its tree, and one with a boot menu.
class BaseVerityTest : public testing::Test {
 protected:
  BaseVerityTest() : bytes_(3 * kData) {
    std::fill_n(bytes_.begin(), kData, std::byte{7});
    const MemoryBlocks data(Bytes(bytes_.begin(), bytes_.begin() + kData));
    root_hash_ = verity::write_tree(
        data, {.uuid = {}, .data_blocks = 16, .salt = Bytes(32, std::byte{1})},
        [&](std::uint64_t offset, ByteView block) {
          std::copy(block.begin(), block.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(kData + offset));
        },
        [](std::size_t count, const auto& body) {
          for (std::size_t i = 0; i < count; ++i) body(i);
        });
  }

  std::string line(std::string_view options = "", std::string root_hash = "") const {
    if (root_hash.empty()) root_hash = root_hash_.hex();
    return fmt::format(
        "linux /vmlinuz ro usrhash={} systemd.verity_usr_data=PARTLABEL=data systemd.verity_usr_hash=PARTLABEL=tree "
        "{}\n",
        root_hash, options);
  }

  void open(const std::string& menu) {
    disk_ = BaseDisk{};
    disk_.file = "test.raw";
    disk_.blocks = std::make_unique<MemoryBlocks>(bytes_);
    for (const char* label : {"data", "tree", "boot"}) {
      BasePartition partition{
          .entry = {}, .range = {disk_.partitions.size() * kData, kData}, .blocks = {}, .files = {}, .content = {}};
      partition.entry.label = label;
      partition.blocks = std::make_unique<BlockSlice>(*disk_.blocks, partition.range);
      disk_.partitions.push_back(std::move(partition));
    }
    disk_.partitions[2].files = std::make_unique<MenuOnly>(menu);
  }

  std::string refusal(const std::string& menu) {
    try {
      open(menu);
      for (const auto& device : find_verity(disk_)) check_verity(disk_, device);
      return "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
  }

  Bytes bytes_;
  Sha256 root_hash_;
  BaseDisk disk_;
};

TEST_F(BaseVerityTest, ADeviceIsFoundByWhatABootFileSaysAndProved) {
  open(line("quiet") + line("single"));
  const auto devices = find_verity(disk_);
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].mount_point(), "/usr");
  EXPECT_EQ(devices[0].data_partition, 0U);
  EXPECT_EQ(devices[0].hash_partition, 1U);
  EXPECT_EQ(devices[0].root_hash, root_hash_);
  check_verity(disk_, devices[0]);
  open("linux /vmlinuz root=PARTLABEL=data ro\n");
  EXPECT_THAT(find_verity(disk_), IsEmpty());
}

TEST_F(BaseVerityTest, WhatTheRootHashDoesNotStandForIsRefused) {
  EXPECT_EQ(refusal(line()), "accepted");
  for (const std::uint64_t offset : {std::uint64_t{5}, kData - 1, kData + 4096}) {
    bytes_[offset] ^= std::byte{1};
    EXPECT_THAT(refusal(line()), HasSubstr("cannot use dm-verity device 'usr' of 'test.raw'")) << offset;
    bytes_[offset] ^= std::byte{1};
  }
  EXPECT_THAT(refusal(line("", std::string(64, 'a'))), HasSubstr("cannot use dm-verity device 'usr'"));
}

TEST_F(BaseVerityTest, BootFilesThatLieAreRefused) {
  EXPECT_THAT(refusal(line("", "abc")), HasSubstr("its root hash 'abc' is no SHA-256"));
  EXPECT_THAT(refusal(line() + line("", std::string(64, 'a'))), HasSubstr("with root hashes"));
  EXPECT_THAT(refusal(line("systemd.verity_usr_options=hash-offset=1")), HasSubstr("its hash-offset is '1'"));
  EXPECT_THAT(refusal(line("systemd.verity_usr_options=hash-offset=99999999999999999999")),
              HasSubstr("its hash-offset"));
  EXPECT_THAT(refusal(line("systemd.verity_usr_options=hash-offset=18446744073709547520")),
              HasSubstr("would lie behind its partition"));
  EXPECT_THAT(refusal(line("systemd.verity_usr_options=hash-offset=65536")),
              HasSubstr("would lie behind its partition"));
}

TEST_F(BaseVerityTest, ASuperblockThatLiesIsRefused) {
  const Bytes before = bytes_;
  const auto with_blocks = [&](std::uint64_t blocks) {
    bytes_ = before;
    const Bytes header = verity::encode_superblock({.uuid = {}, .data_blocks = blocks, .salt = {}});
    std::copy(header.begin(), header.end(), bytes_.begin() + kData);
    return refusal(line());
  };
  EXPECT_THAT(with_blocks(17), HasSubstr("it has more data than its partition"));
  EXPECT_THAT(with_blocks(std::uint64_t{1} << 40), HasSubstr("it has more data than its partition"));
  bytes_ = before;
  bytes_[kData] = std::byte{'x'};
  EXPECT_THAT(refusal(line()), HasSubstr("it does not begin with 'verity'"));
}

}  // namespace
}  // namespace keelson::image
