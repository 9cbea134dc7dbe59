/// Writes nodes to the device, each copy of them, and remembers where each one is.
#pragma once

#include <vector>

#include "base/uuid.h"
#include "image/filesystems/btrfs/layout.h"
#include "image/filesystems/btrfs/tree.h"

namespace keelson::image::btrfs {

/// The identifiers that are in every node, and those of the device.
struct Identity {
  Uuid file_system;
  Uuid device;
  Uuid chunk_tree;
};

/// A node that is there: what the extent tree says of it.
struct PlacedNode {
  std::uint64_t address = 0;
  std::uint64_t owner = 0;
  std::uint8_t level = 0;
  auto operator<=>(const PlacedNode&) const = default;
};

/// Writes nodes one after the other into a chunk.
class NodeWriter : public NodeSink {
 public:
  /// @param raw, offset where the device begins in the raw file. @param chunk must outlive this.
  NodeWriter(int raw, std::uint64_t offset, const Identity& identity, Chunk& chunk)
      : raw_(raw), offset_(offset), identity_(identity), chunk_(chunk) {}

  std::uint64_t store(std::uint64_t owner, std::uint8_t level, Bytes& node) override;
  const std::vector<PlacedNode>& nodes() const { return nodes_; }
  std::uint64_t next() const { return chunk_.start + chunk_.used; }

 private:
  int raw_;
  std::uint64_t offset_;
  const Identity& identity_;
  Chunk& chunk_;
  std::vector<PlacedNode> nodes_;
};

/// Says where nodes would be, if they were written from `next` on.
class NodeForecast : public NodeSink {
 public:
  explicit NodeForecast(std::uint64_t next) : next_(next) {}

  std::uint64_t store(std::uint64_t owner, std::uint8_t level, Bytes& node) override;
  const std::vector<PlacedNode>& nodes() const { return nodes_; }

 private:
  std::uint64_t next_;
  std::vector<PlacedNode> nodes_;
};

}  // namespace keelson::image::btrfs
