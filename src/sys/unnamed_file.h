/// Scratch space without a name: in memory as long as it is small, then on disk. Nothing of it is left when the process
/// ends, however it ends.
#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/units.h"
#include "sys/file_blocks.h"
#include "sys/unique_fd.h"

namespace keelson {

class UnnamedFile {
 public:
  /// @param folder where it goes when it becomes larger than `in_memory`.
  explicit UnnamedFile(std::filesystem::path folder, ByteCount in_memory = mebibytes(32));

  ByteCount size() const { return size_; }
  /// Aligned zeros take no space. @throws Error(Unavailable) when there is no room.
  void append(ByteView bytes);
  /// What was written, to be read. Nothing more can be appended.
  std::unique_ptr<FileBlocks> finish();

 private:
  void move_to_disk();

  std::filesystem::path folder_;
  ByteCount in_memory_;
  UniqueFd fd_;
  bool on_disk_ = false;
  ByteCount size_;
};

}  // namespace keelson
