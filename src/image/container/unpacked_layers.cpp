#include "image/container/unpacked_layers.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/hash.h"

namespace keelson::image {

UnpackedLayers::UnpackedLayers(UnpackLimits limits) : limits_(std::move(limits)), scratch_(limits_.folder) {}

std::size_t UnpackedLayers::add(const BlockSource& packed, compressed::Compression compression, std::string_view name,
                                const std::optional<Sha256>& digest) {
  const auto refuse = [&](std::string why) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot unpack '{}': {}", name, why),
                "if it is meant to be that large, unpack it and name the directory");
  };
  const std::uint64_t start = scratch_.size().value;
  Sha256Hasher hasher;
  const auto take = [&](ByteView piece) {
    const std::uint64_t size = scratch_.size().value - start + piece.size();
    if (scratch_.size().value + piece.size() > limits_.most.value)
      refuse(fmt::format("it is larger than {} unpacked", human_size(limits_.most)));
    if (size > limits_.suspicious.value && size / limits_.most_times > packed.size().value)
      refuse(fmt::format("it unpacks to more than {} times its size", limits_.most_times));
    if (digest) hasher.update(piece);
    scratch_.append(piece);
  };
  with_context(fmt::format("unpacking '{}'", name), [&] { compressed::decompress(packed, compression, take); });
  if (digest && hasher.finish() != *digest) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot verify '{}': what it unpacks to has another SHA-256 than the image's configuration "
                            "says",
                            name),
                "the image is damaged or was tampered with: fetch it again");
  }
  layers_.push_back({start, scratch_.size().value - start});
  return layers_.size() - 1;
}

std::unique_ptr<BlockSource> UnpackedLayers::open(std::size_t number) {
  if (!blocks_) blocks_ = scratch_.finish();
  const BlockRange& range = layers_.at(number);
  return std::make_unique<BlockSlice>(*blocks_, range);
}

}  // namespace keelson::image
