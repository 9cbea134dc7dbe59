/// What a VHDX's log still has to put into the file, applied in memory: the file itself is never changed.
/// Spec: [MS-VHDX] 2.3.
#pragma once

#include <map>
#include <memory>

#include "base/block_source.h"
#include "formats/vhdx/header.h"

namespace keelson::vhdx {

inline constexpr std::size_t kLogSector = 4096;

/// Larger logs are refused; Windows and QEMU make them of 1 MiB.
inline constexpr ByteCount kLargestLog = mebibytes(16);

/// The file as it is after its log was replayed. `file` must outlive this.
class ReplayedFile final : public BlockSource {
 public:
  /// Applies the log's active sequence of entries; without one in the log (header.log is all zeros) this is the file.
  /// @throws Error(BadInput) if the log should hold entries and holds none that are whole, or if the file was shorter
  /// when it was copied than when the log was written.
  ReplayedFile(const BlockSource& file, const Header& header);

  ByteCount size() const override { return file_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override;
  /// The file's own ranges: only metadata goes through the log.
  std::optional<BlockRange> next_data(std::uint64_t offset) const override { return file_.next_data(offset); }

  bool is_changed() const { return !sectors_.empty() || !zeros_.empty(); }

 private:
  void apply(ByteView entry);
  void apply_data(const ByteReader& entry, std::size_t descriptor, std::size_t sector);
  void apply_zeros(const ByteReader& entry, std::size_t descriptor);
  std::uint64_t checked_place(std::uint64_t place, std::uint64_t length) const;

  const BlockSource& file_;
  std::map<std::uint64_t, Bytes> sectors_;        // 4 KiB each, by place in the file
  std::map<std::uint64_t, std::uint64_t> zeros_;  // begin to end, apart from each other; sectors_ lie over them
};

}  // namespace keelson::vhdx
