/// A tar file, plain or compressed by gzip, zstd or xz: what is in it as a file system, with content left where it is.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/file_system.h"
#include "formats/oci/layered_files.h"
#include "image/container/unpacked_layers.h"
#include "sys/file_blocks.h"

namespace keelson::image {

class Archive {
 public:
  const FileSystem& files() const { return *files_; }

 private:
  friend std::optional<Archive> find_archive(const std::filesystem::path& file, const UnpackLimits& limits);
  std::unique_ptr<FileBlocks> file_;
  std::unique_ptr<UnpackedLayers> unpacked_;
  std::unique_ptr<BlockSource> tar_;
  std::unique_ptr<oci::LayeredFiles> files_;
};

/// Nothing when the file is no tar, by its content. @throws Error as for opening the file; Error(BadInput) for a tar
/// that is damaged or whose end is missing.
std::optional<Archive> find_archive(const std::filesystem::path& file, const UnpackLimits& limits = {});

}  // namespace keelson::image
