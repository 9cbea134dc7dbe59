/// Writes a container image as one file: an OCI image layout in a tar ("oci-archive"), which skopeo, podman and
/// `ctr images import` take. The same image gives the same bytes.
///
/// Spec: OCI Image Format 1.1: image-layout.md, image-index.md, manifest.md, config.md, layer.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace keelson::oci {

enum class Compression { None, Zstd };

struct Image {
  Bytes layer_tar;  ///< the whole file system of the container, as a tar
  Compression compression = Compression::None;
  std::string architecture;  ///< as Go writes it: "amd64", "arm64"
  std::string os = "linux";
  std::string name;          ///< full reference "docker.io/keelson/probe:1": containerd imports it under this name
  std::int64_t created = 0;  ///< seconds since 1970; the clock plays no part
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string working_directory;
  std::string user;
  std::map<std::string, std::string> labels;
};

/// The archive's bytes. @throws Error(BadInput) when architecture or name is missing, or the name has no tag.
Bytes write_archive(const Image& image);

/// "2023-11-14T22:13:20Z", as RFC 3339 writes it. Years 0 to 9999.
std::string rfc3339(std::int64_t seconds);

}  // namespace keelson::oci
