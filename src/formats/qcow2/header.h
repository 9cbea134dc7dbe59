/// The header of a qcow2 file: what the disk's size is, and where the tables begin.
/// Spec: QEMU docs/interop/qcow2.rst (version 2 and 3), "Header". All numbers are big-endian.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/units.h"

namespace keelson::qcow2 {

inline constexpr std::string_view kMagic = "QFI\xfb";
/// Enough for every field that is read; a file that is shorter is no qcow2 file.
inline constexpr std::size_t kHeaderBytes = 112;
/// QEMU's own bound for the first table; with clusters of 64 KiB it is 2 PiB of disk.
inline constexpr ByteCount kLargestL1 = mebibytes(32);

enum class Compression { Deflate, Zstd };

struct Header {
  std::uint32_t version = 3;
  std::uint32_t cluster_bits = 16;  ///< 9 to 21
  ByteCount size;                   ///< of the disk: whole sectors of 512 bytes
  std::uint64_t l1_offset = 0;
  std::uint64_t l1_entries = 0;  ///< as many as `size` needs: no more than the file's table has
  Compression compression = Compression::Deflate;
  bool extended_l2 = false;  ///< entries of 16 bytes, with 32 subclusters per cluster

  std::uint64_t cluster_size() const { return std::uint64_t{1} << cluster_bits; }
  std::uint64_t l2_entries() const { return cluster_size() / (extended_l2 ? 16 : 8); }
  /// Bytes of the disk that one second-level table describes.
  std::uint64_t l2_span() const { return l2_entries() * cluster_size(); }
};

/// Decodes the first bytes of a file and checks them against its size. Images that are not whole in themselves
/// (backing file, external data file), encrypted ones and ones marked corrupt are refused with a hint. Internal
/// snapshots are not looked at: the disk is the active state.
/// @param bytes at least kHeaderBytes, zeros where the file is shorter; untrusted.
/// @throws Error(BadInput) naming the rule broken.
Header parse_header(ByteView bytes, ByteCount file_size);

}  // namespace keelson::qcow2
