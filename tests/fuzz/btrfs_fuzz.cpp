// formats/btrfs: a disk of any bytes is refused or read, never more, and every walk ends. Checksums are made right
// first, because no change would pass them by chance.
#include "base/crc32c.h"
#include "file_system_walk.h"
#include "formats/btrfs/btrfs.h"

namespace keelson {
namespace {

// A superblock, and whatever carries its identifier where a tree block may begin.
class MendedDisk final : public BlockSource {
 public:
  explicit MendedDisk(const BlockSource& disk) : disk_(disk) {
    constexpr std::uint64_t kSuperblock = 65536;
    if (disk.size().value < kSuperblock + kStep) return;
    Bytes superblock = disk_read(kSuperblock, kStep);
    const ByteReader reader(superblock, "superblock");
    const Bytes fsid = disk_read(kSuperblock + 0x20, 16);
    const std::uint32_t node_size = reader.u32le(0x94);
    mend(kSuperblock, std::move(superblock));
    if (node_size < kStep || node_size > 65536) return;
    for (auto range = disk.next_data(0); range && mended_.size() < 500; range = disk.next_data(range->end())) {
      const std::uint64_t at = range->offset / kStep * kStep;
      if (at == kSuperblock || mended_.contains(at) || at + node_size > disk.size().value) continue;
      if (disk_read(at + 32, 16) == fsid) mend(at, disk_read(at, node_size));
    }
  }

  ByteCount size() const override { return disk_.size(); }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override { return disk_.next_data(offset); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    disk_.read(offset, to);
    const auto found = mended_.find(offset);
    if (found == mended_.end()) return;
    std::copy_n(found->second.begin(), std::min(found->second.size(), to.size()), to.begin());
  }

 private:
  static constexpr std::uint64_t kStep = 4096;

  Bytes disk_read(std::uint64_t offset, std::size_t length) const { return read_blocks(disk_, offset, length); }

  void mend(std::uint64_t at, Bytes bytes) {
    const std::uint32_t sum = ~crc32c(~0u, ByteView(bytes).subspan(32));
    ByteWriter writer;
    writer.u32le(sum);
    mended_[at] = writer.take();
  }

  const BlockSource& disk_;
  std::map<std::uint64_t, Bytes> mended_;
};

// As the fuzzer's walk takes it: the disk that is read must outlive the file system.
int walk(const std::uint8_t* data, std::size_t size) {
  const fuzz::PackedDisk packed(data, size);
  const MendedDisk disk(packed);
  try {
    fuzz::Walk(*btrfs::open_btrfs(disk)).run();
    btrfs::list_subvolumes(disk);
    fuzz::Walk(*btrfs::open_btrfs(disk, {.subvolume_id = 5})).run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::BadInput && error.kind() != ErrorKind::NotFound) std::abort();
  }
  return 0;
}

}  // namespace
}  // namespace keelson

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { return keelson::walk(data, size); }
