/// The manifest beside an image, "<image>.manifest.json": what the disk holds, partition by partition and package by
/// package, each with its digest. Contract: schema/manifest.schema.json, version 1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"
#include "image/disk.h"

namespace keelson::image {

struct ManifestPartition {
  std::string id;
  std::string label;
  std::string type;  ///< as the recipe says it
  Uuid type_uuid;
  Uuid uuid;
  ByteCount offset;
  ByteCount size;
  std::string filesystem;   ///< "": none
  std::string mount_point;  ///< "": not mounted
  Sha256 sha256;            ///< of all its bytes

  bool operator==(const ManifestPartition&) const = default;
};

struct ManifestPackage {
  std::string name;
  std::string version;
  std::string architecture;
  Sha256 sha256;  ///< of the package file

  bool operator==(const ManifestPackage&) const = default;
};

/// The image file. Size and digest are the raw disk's, whatever the format: two formats of one disk agree in them. The
/// file's own digest stands in SHA256SUMS.
struct ManifestImage {
  std::string file;    ///< name without a folder
  std::string format;  ///< "raw", "qcow2", "vhd-fixed"
  ByteCount size;
  Sha256 sha256;

  bool operator==(const ManifestImage&) const = default;
};

struct Manifest {
  std::string name;  ///< the recipe's
  std::string version;
  std::string architecture;  ///< "amd64", "arm64"
  std::int64_t epoch = 0;    ///< the time that everything in the image carries, seconds since 1970
  ManifestImage image;
  Uuid disk_uuid;
  std::vector<ManifestPartition> partitions;  ///< in order of offset
  std::string kernel_command_line;
  std::string kernel_version;             ///< "6.12.57+deb13-cloud-amd64"
  std::vector<ManifestPackage> packages;  ///< sorted by name, then architecture; write_manifest() sorts
  Sha256 lock_sha256;
  Sha256 recipe_sha256;
  Sha256 pcr11;  ///< what a TPM's PCR 11 holds once the stub has measured the unified kernel image

  bool operator==(const Manifest&) const = default;
};

/// Fills in the disk's size, UUID and digest and the partitions, each read and digested from the finished raw disk.
void describe_disk(Manifest& manifest, const DiskPlan& plan, const std::filesystem::path& raw);

/// Deterministic JSON text, keys and packages sorted, ending in a newline.
std::string write_manifest(const Manifest& manifest);

/// @param text untrusted: every field is checked, sizes and counts are bounded, partitions must lie in order within the
/// disk. Keys that this version does not know are ignored. @param name what messages call it (the file's path).
/// @throws Error(BadInput) naming the field.
Manifest parse_manifest(std::string_view text, std::string_view name);

}  // namespace keelson::image
