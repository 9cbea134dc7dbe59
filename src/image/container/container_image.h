/// A container image on disk, opened: its manifest and configuration, and its root file system.
///
/// The promise: every document and layer has the size and the SHA-256 that its descriptor says before a byte of it is
/// parsed, and each unpacked layer the SHA-256 that the configuration says, before its tar is read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "formats/oci/documents.h"
#include "formats/oci/layered_files.h"
#include "image/container/unpacked_layers.h"

namespace keelson::image {

struct ContainerLayer {
  Sha256 digest;  ///< as it lies there: compressed or not
  ByteCount size;
  compressed::Compression compression = compressed::Compression::None;
};

struct ContainerImage {
  std::string format;            ///< "oci" or "docker-archive"
  std::string name;              ///< what the layout calls it; "" when it does not
  std::optional<Sha256> digest;  ///< of the manifest: what a registry calls it. A docker-archive has none.
  Sha256 config_digest;
  oci::Config config;
  std::vector<ContainerLayer> layers;
  std::unique_ptr<oci::LayeredFiles> files;

  // What the files stand on.
  std::vector<std::unique_ptr<BlockSource>> blobs;
  std::unique_ptr<UnpackedLayers> unpacked;
};

/// Whether these files are an OCI layout or what `docker save` writes.
bool holds_container_image(const FileSystem& layout);

struct ContainerOptions {
  std::string architecture;  ///< which of several images is meant: "amd64"
  UnpackLimits limits{};
};

/// `layout` must outlive the result. @throws Error(BadInput) for what breaks the specification, Error(Refused) for
/// another digest than is said.
ContainerImage open_container_image(const FileSystem& layout, const ContainerOptions& options);

}  // namespace keelson::image
