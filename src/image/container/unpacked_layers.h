/// Compressed tars as tars: unpacked once, one after another, into a temporary file without a name. What comes out is
/// bounded, so that a small file that unpacks to terabytes (a zip bomb) ends in an error.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/block_source.h"
#include "base/sha256.h"
#include "formats/compressed/stream.h"
#include "sys/unnamed_file.h"

namespace keelson::image {

struct UnpackLimits {
  ByteCount most = gibibytes(64);       ///< of everything that is unpacked
  std::uint64_t most_times = 200;       ///< larger than it is packed …
  ByteCount suspicious = gibibytes(1);  ///< … is refused from this size on
  std::filesystem::path folder = std::filesystem::temp_directory_path();
};

class UnpackedLayers {
 public:
  explicit UnpackedLayers(UnpackLimits limits);

  /// @return its number. @param name what errors call it. @param digest of what comes out; nothing: it is not known.
  /// @throws Error(BadInput) for a stream that is damaged or a bomb; Error(Refused) for another digest.
  std::size_t add(const BlockSource& packed, compressed::Compression compression, std::string_view name,
                  const std::optional<Sha256>& digest);
  /// After the last add(); this must outlive the result.
  std::unique_ptr<BlockSource> open(std::size_t number);

 private:
  UnpackLimits limits_;
  UnnamedFile scratch_;
  std::vector<BlockRange> layers_;
  std::unique_ptr<FileBlocks> blocks_;
};

}  // namespace keelson::image
