/// Where each part of a qcow2 disk is kept: the two levels of tables.
/// Spec: QEMU docs/interop/qcow2.rst, "Cluster mapping", "Extended L2 entries", "Compressed Clusters".
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/block_source.h"
#include "formats/qcow2/byte_cache.h"
#include "formats/qcow2/header.h"

namespace keelson::qcow2 {

/// A run of the disk that is kept in one way. Runs of zeros and of data may span clusters; a compressed one is at most
/// one cluster.
struct Extent {
  enum class Kind { Zeros, Data, Compressed };

  Kind kind = Kind::Zeros;
  std::uint64_t offset = 0;  ///< of the disk
  std::uint64_t length = 0;  ///< never 0
  /// In the file. Data: where the byte at `offset` is. Compressed: where the cluster's compressed bytes begin.
  std::uint64_t host = 0;
  std::uint64_t host_length = 0;  ///< Compressed only: at most so many bytes

  std::uint64_t end() const { return offset + length; }
};

/// Thread-safe: tables are read when they are needed, and a bounded number is kept.
/// Who asks about a small file's place must not wait until all clusters around it were looked at.
constexpr std::uint64_t kEnoughData = mebibytes(2).value;

class ClusterMap {
 public:
  /// Reads the first table. `file` must outlive this. @throws Error(BadInput) for entries that point where no table
  /// can be, or of which two point to one table: then work would no longer be bounded by the file's size.
  ClusterMap(const BlockSource& file, const Header& header);

  /// What is at `offset`, up to `limit` at most, and of data not much more than kEnoughData. offset < limit <= the
  /// disk's size.
  /// @throws Error(BadInput) for an entry that breaks the rules.
  Extent extent_at(std::uint64_t offset, std::uint64_t limit) const;

 private:
  Extent piece_at(const ByteReader& table, std::uint64_t offset) const;
  Extent compressed(std::uint64_t entry, std::uint64_t offset) const;
  Extent data(std::uint64_t entry, std::uint64_t offset, std::uint64_t end) const;
  void check_subclusters(std::uint32_t allocated, std::uint32_t zeros, std::uint64_t offset) const;

  const BlockSource& file_;
  const Header header_;
  std::vector<std::uint64_t> l1_;
  mutable ByteCache tables_;
};

}  // namespace keelson::qcow2
