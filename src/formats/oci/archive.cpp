#include "formats/oci/archive.h"

#include <fmt/format.h>
#include <zstd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/hash.h"
#include "formats/tar/writer.h"

namespace keelson::oci {

namespace {

using Json = nlohmann::json;  // keys sorted: one text per value

constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar";
constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

/// A content-addressed file of the layout.
struct Blob {
  std::string media_type;
  Bytes bytes;
  Sha256 digest;

  Blob(std::string type, Bytes content)
      : media_type(std::move(type)), bytes(std::move(content)), digest(sha256(ByteView(bytes))) {}
  Json descriptor() const {
    return {{"mediaType", media_type}, {"digest", "sha256:" + digest.hex()}, {"size", bytes.size()}};
  }
};

Blob json_blob(std::string_view type, const Json& value) {
  const std::string text = value.dump();
  const ByteView bytes = as_bytes(text);
  return {std::string(type), Bytes(bytes.begin(), bytes.end())};
}

Blob layer_blob(const Image& image) {
  if (image.compression == Compression::None) return {std::string(kLayerType), image.layer_tar};
  constexpr int kLevel = 3;
  Bytes packed(ZSTD_compressBound(image.layer_tar.size()));
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), image.layer_tar.data(), image.layer_tar.size(), kLevel);
  if (ZSTD_isError(size))
    throw Error(ErrorKind::Internal, fmt::format("cannot compress '{}': {}", image.name, ZSTD_getErrorName(size)));
  packed.resize(size);
  return {std::string(kLayerType) + "+zstd", std::move(packed)};
}

/// Keys with nothing to say are left out, as Go's "omitempty" does.
Json run_settings(const Image& image) {
  Json config = Json::object();
  if (!image.entrypoint.empty()) config["Entrypoint"] = image.entrypoint;
  if (!image.command.empty()) config["Cmd"] = image.command;
  if (!image.environment.empty()) config["Env"] = image.environment;
  if (!image.working_directory.empty()) config["WorkingDir"] = image.working_directory;
  if (!image.user.empty()) config["User"] = image.user;
  if (!image.labels.empty()) config["Labels"] = image.labels;
  return config;
}

Blob config_blob(const Image& image) {
  const std::string diff_id = "sha256:" + sha256(ByteView(image.layer_tar)).hex();  // of the uncompressed layer
  return json_blob(kConfigType,
                   {{"architecture", image.architecture},
                    {"os", image.os},
                    {"created", rfc3339(image.created)},
                    {"config", run_settings(image)},
                    {"rootfs", {{"type", "layers"}, {"diff_ids", Json::array({diff_id})}}},
                    {"history", Json::array({{{"created", rfc3339(image.created)}, {"created_by", "keelson"}}})}});
}

/// The part behind the last colon that is behind the last slash.
std::string tag_of(const std::string& name) {
  const std::size_t colon = name.rfind(':');
  const std::size_t slash = name.rfind('/');
  const bool has_tag = colon != std::string::npos && (slash == std::string::npos || colon > slash) &&
                       colon + 1 < name.size() && colon > 0;
  if (!has_tag)
    throw Error(ErrorKind::BadInput, fmt::format("cannot write container image '{}': its name has no tag", name),
                "write it like 'docker.io/keelson/probe:1'");
  return name.substr(colon + 1);
}

Json index_of(const Image& image, const Blob& manifest) {
  Json entry = manifest.descriptor();
  entry["platform"] = {{"architecture", image.architecture}, {"os", image.os}};
  // containerd imports under the first, skopeo finds by the second.
  entry["annotations"] = {{"io.containerd.image.name", image.name},
                          {"org.opencontainers.image.ref.name", tag_of(image.name)}};
  return {{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", Json::array({entry})}};
}

}  // namespace

std::string rfc3339(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Bytes write_archive(const Image& image) {
  if (image.architecture.empty())
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot write container image '{}': it names no architecture", image.name));
  const Blob layer = layer_blob(image);
  const Blob config = config_blob(image);
  const Blob manifest = json_blob(kManifestType, {{"schemaVersion", 2},
                                                  {"mediaType", kManifestType},
                                                  {"config", config.descriptor()},
                                                  {"layers", Json::array({layer.descriptor()})}});
  const auto folder = [&](std::string path) {
    return tar::Entry{.path = std::move(path), .type = tar::EntryType::Folder, .mode = 0755, .mtime = image.created};
  };
  const auto file = [&](std::string path) { return tar::Entry{.path = std::move(path), .mtime = image.created}; };
  std::map<std::string, const Blob*> blobs;  // sorted, and a blob that occurs twice is stored once
  for (const Blob* blob : {&layer, &config, &manifest}) blobs[blob->digest.hex()] = blob;

  tar::Writer archive;
  archive.add(folder("blobs"));
  archive.add(folder("blobs/sha256"));
  for (const auto& [digest, blob] : blobs) archive.add(file("blobs/sha256/" + digest), blob->bytes);
  archive.add(file("index.json"), index_of(image, manifest).dump());
  archive.add(file("oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  return archive.finish();
}

}  // namespace keelson::oci
