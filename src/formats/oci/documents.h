/// The JSON documents of a container image as values: index, manifest, configuration, and `docker save`'s list.
/// They are hostile: every list is bounded, digests must be SHA-256 and sizes numbers. Texts are as they stand there.
///
/// Spec: OCI Image Format 1.1: descriptor.md, image-layout.md, image-index.md, manifest.md, config.md; Docker Image
/// Specification 1.2 and Image Manifest Version 2, Schema 2, whose documents have the same fields.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"

namespace keelson::oci {

inline constexpr ByteCount kMostDocument = mebibytes(4);  ///< what registries take, too
inline constexpr std::size_t kMostManifests = 1000;
inline constexpr std::size_t kMostLayers = 500;  ///< overlay file systems end at that, too

struct Descriptor {
  std::string media_type;
  Sha256 digest;
  std::uint64_t size = 0;
  std::string architecture;  ///< of its platform; "" when it names none
  std::string os;
  std::string name;            ///< by its annotations: "1.2", "docker.io/library/debian:13"
  bool is_attachment = false;  ///< a signature, a bill of materials or an attestation of another

  bool operator==(const Descriptor&) const = default;
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;  ///< the lowest first
};

struct Config {
  std::string architecture;
  std::string os;
  std::string variant;
  std::string created;
  std::string user;
  std::string working_directory;
  std::string stop_signal;
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::vector<std::string> exposed_ports;  ///< "80/tcp", sorted
  std::vector<std::string> volumes;        ///< sorted
  std::map<std::string, std::string> labels;
  std::vector<Sha256> layers;  ///< of each layer's tar, not compressed
};

/// One image of `docker save`: names of files in the same archive.
struct SavedImage {
  std::string config;
  std::vector<std::string> names;
  std::vector<std::string> layers;
};

bool is_index(std::string_view media_type);
bool is_manifest(std::string_view media_type);
/// A tar of files, compressed or not, that can be had: not one that its maker keeps elsewhere.
bool is_layer(std::string_view media_type);

/// The file "oci-layout": version 1 of the layout. @throws Error(BadInput) for another.
void check_layout_version(std::string_view json);

/// All @throws Error(BadInput) naming the document and the field.
std::vector<Descriptor> parse_index(std::string_view json);
Manifest parse_manifest(std::string_view json);
Config parse_config(std::string_view json);
std::vector<SavedImage> parse_saved_images(std::string_view json);

}  // namespace keelson::oci
