/// A file or block device of the host as a disk to read, and a new file as a disk to write.
#pragma once

#include <filesystem>
#include <string>

#include "base/block_source.h"
#include "sys/unique_fd.h"

namespace keelson {

/// Reads a file by pread(2); its holes are found by SEEK_DATA. Safe for several threads. The size is taken once.
class FileBlocks final : public BlockSource {
 public:
  /// @throws Error if it cannot be opened, or is neither a regular file nor a block device.
  explicit FileBlocks(const std::filesystem::path& path);
  /// One that is open. @param name what errors call it.
  FileBlocks(UniqueFd fd, std::string name);

  ByteCount size() const override { return size_; }
  /// @throws also Error(Unavailable) if the file became shorter meanwhile.
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

  int fd() const { return fd_.get(); }

 private:
  std::string name_;
  UniqueFd fd_;
  ByteCount size_;
};

/// Writes to an open file, which must be empty at the start and outlive this. Aligned 4 KiB of zeros are not written,
/// so that the file stays sparse and its bytes depend on the content alone.
class FileSink final : public BlockSink {
 public:
  FileSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  void write(std::uint64_t offset, ByteView bytes) override;
  void set_size(ByteCount size) override;

 private:
  int fd_;
  std::string name_;
};

}  // namespace keelson
