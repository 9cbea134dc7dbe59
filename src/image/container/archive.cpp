#include "image/container/archive.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::image {

std::optional<Archive> find_archive(const std::filesystem::path& file, const UnpackLimits& limits) {
  Archive archive;
  archive.file_ = std::make_unique<FileBlocks>(file);
  const std::uint64_t size = archive.file_->size().value;
  const Bytes beginning = read_blocks(*archive.file_, 0, std::min<std::uint64_t>(size, tar::kBlock));
  const auto compression = compressed::recognise(beginning);
  const bool is_packed = compression != compressed::Compression::None;
  if (!tar::looks_like_tar(is_packed ? compressed::decompress_beginning(*archive.file_, compression, tar::kBlock)
                                     : beginning))
    return std::nullopt;
  const BlockSource* tar = archive.file_.get();
  if (is_packed) {
    archive.unpacked_ = std::make_unique<UnpackedLayers>(limits);
    archive.tar_ =
        archive.unpacked_->open(archive.unpacked_->add(*archive.file_, compression, file.native(), std::nullopt));
    tar = archive.tar_.get();
  }
  archive.files_ = std::make_unique<oci::LayeredFiles>();
  with_context(fmt::format("reading '{}'", file.native()),
               [&] { archive.files_->add_layer(*tar, oci::Whiteouts::AsFiles); });
  if (!archive.files_->ended_by_zeros())
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': its end is missing", file.native()),
                "the file was cut off: fetch it again");
  return archive;
}

}  // namespace keelson::image
