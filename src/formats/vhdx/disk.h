/// The disk that a VHDX file holds. Spec: [MS-VHDX], version 1 of the format.
#pragma once

#include <vector>

#include "base/block_source.h"
#include "formats/vhdx/header.h"
#include "formats/vhdx/log.h"
#include "formats/vhdx/metadata.h"

namespace keelson::vhdx {

class VhdxDisk final : public BlockSource {
 public:
  /// Reads headers, log, region table, metadata and block table. `file` must outlive this.
  /// @throws Error(BadInput) if a rule is broken, for a block outside the file, and for a differencing disk.
  explicit VhdxDisk(const BlockSource& file);

  const Metadata& metadata() const { return metadata_; }
  /// True if the log held changes, which are seen here but not in the file.
  bool was_replayed() const { return file_.is_changed(); }
  ByteCount size() const override { return metadata_.size; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  /// Blocks that the table has as present.
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  VhdxDisk(const BlockSource& file, const Header& header);
  void read_table(const BlockRange& region);

  const ReplayedFile file_;
  const Regions regions_;
  const Metadata metadata_;
  std::vector<std::uint32_t> blocks_;  // for each, its place in the file in MiB; 0: zeros
};

}  // namespace keelson::vhdx
