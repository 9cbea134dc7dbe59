/// The disk that a qcow2 file holds.
/// Spec: QEMU docs/interop/qcow2.rst, version 2 and 3.
#pragma once

#include "base/block_source.h"
#include "formats/qcow2/cluster_map.h"
#include "formats/qcow2/header.h"

namespace keelson::qcow2 {

class Qcow2Disk final : public BlockSource {
 public:
  /// Reads the header and the first table. `file` must outlive this.
  /// @throws Error(BadInput) as parse_header() and ClusterMap do.
  explicit Qcow2Disk(const BlockSource& file);

  const Header& header() const { return header_; }
  ByteCount size() const override { return header_.size; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  /// From the tables alone: a cluster that is allocated counts as data. A range ends where its second table does.
  std::optional<BlockRange> next_data(std::uint64_t offset) const override;

 private:
  void read_compressed(const Extent& extent, std::span<std::byte> to) const;
  void decompress_cluster(const Extent& extent, std::span<std::byte> cluster) const;

  const BlockSource& file_;
  const Header header_;
  const ClusterMap map_;
  mutable ByteCache clusters_;  // decompressed, of which only parts were asked for
};

}  // namespace keelson::qcow2
