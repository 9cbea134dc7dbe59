#include "formats/oci/documents.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/harmless_text.h"

namespace keelson::oci {

namespace {

using nlohmann::json;

constexpr std::size_t kMostTexts = 10'000;
constexpr std::string_view kSha256 = "sha256:";
constexpr std::string_view kDockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

/// One document while it is read; `name` is what messages call it.
class Document {
 public:
  Document(std::string_view name, std::string_view text) : name_(name) {
    if (text.size() > kMostDocument.value) refuse("it is larger than 4 MiB");
    value_ = json::parse(text, nullptr, false);
    if (value_.is_discarded()) refuse("it is no JSON");
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}", name_, why));
  }

  const json& value() const { return value_; }

  const json* member(const json& object, const char* key) const {
    if (!object.is_object()) refuse(fmt::format("where '{}' should be is no object", key));
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  std::string text(const json& object, const char* key) const {
    const json* found = member(object, key);
    if (found == nullptr) return {};
    if (!found->is_string()) refuse(fmt::format("'{}' is no text", key));
    return found->get<std::string>();
  }

  const json& list(const json& object, const char* key, std::size_t most) const {
    static const json kNone = json::array();
    const json* found = member(object, key);
    if (found == nullptr) return kNone;
    if (!found->is_array()) refuse(fmt::format("'{}' is no list", key));
    if (found->size() > most) refuse(fmt::format("'{}' has more than {} entries", key, most));
    return *found;
  }

  std::vector<std::string> texts(const json& object, const char* key, std::size_t most = kMostTexts) const {
    std::vector<std::string> result;
    for (const auto& entry : list(object, key, most)) {
      if (!entry.is_string()) refuse(fmt::format("'{}' holds something that is no text", key));
      result.push_back(entry.get<std::string>());
    }
    return result;
  }

  const json& map(const json& object, const char* key) const {
    static const json kNone = json::object();
    const json* found = member(object, key);
    if (found == nullptr) return kNone;
    if (!found->is_object()) refuse(fmt::format("'{}' is no object", key));
    if (found->size() > kMostTexts) refuse(fmt::format("'{}' has more than {} entries", key, kMostTexts));
    return *found;
  }

  // A set, as Go writes it: {"80/tcp": {}}.
  std::vector<std::string> keys(const json& object, const char* key) const {
    std::vector<std::string> result;
    for (const auto& [name, value] : map(object, key).items()) result.push_back(name);
    return result;
  }

  Sha256 digest(const std::string& text) const {
    if (!text.starts_with(kSha256) || text.size() != kSha256.size() + 64)
      refuse(fmt::format("'{}' is no SHA-256 digest, and others are not read", harmless_text(text.substr(0, 100))));
    try {
      return parse_sha256(std::string_view(text).substr(kSha256.size()));
    } catch (const Error&) {
      refuse(fmt::format("'{}' is no SHA-256 digest", harmless_text(text.substr(0, 100))));
    }
  }

  Descriptor descriptor(const json& object) const {
    Descriptor result{.media_type = text(object, "mediaType"), .digest = digest(text(object, "digest"))};
    const json* size = member(object, "size");
    if (size == nullptr || !size->is_number_unsigned()) refuse("a descriptor has no size");
    result.size = size->get<std::uint64_t>();
    if (const json* platform = member(object, "platform")) {
      result.architecture = text(*platform, "architecture");
      result.os = text(*platform, "os");
    }
    const json& annotations = map(object, "annotations");
    result.name = text(annotations, "io.containerd.image.name");
    if (result.name.empty()) result.name = text(annotations, "org.opencontainers.image.ref.name");
    result.is_attachment =
        !text(object, "artifactType").empty() || !text(annotations, "vnd.docker.reference.type").empty();
    return result;
  }

 private:
  std::string_view name_;
  json value_;
};

}  // namespace

bool is_index(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.index.v1+json" || media_type == kDockerIndex;
}

bool is_manifest(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.manifest.v1+json" || media_type == kDockerManifest;
}

bool is_layer(std::string_view media_type) {
  return media_type.starts_with("application/vnd.oci.image.layer.v1.tar") ||
         media_type.starts_with("application/vnd.docker.image.rootfs.diff.tar");
}

void check_layout_version(std::string_view text) {
  const Document document("oci-layout", text);
  const auto version = document.text(document.value(), "imageLayoutVersion");
  if (!version.starts_with("1.")) document.refuse(fmt::format("its version is '{}'", harmless_text(version)));
}

std::vector<Descriptor> parse_index(std::string_view text) {
  const Document document("index of the image", text);
  std::vector<Descriptor> result;
  for (const auto& entry : document.list(document.value(), "manifests", kMostManifests))
    result.push_back(document.descriptor(entry));
  return result;
}

Manifest parse_manifest(std::string_view text) {
  const Document document("manifest of the image", text);
  const json* config = document.member(document.value(), "config");
  if (config == nullptr) document.refuse("it names no configuration");
  Manifest result{.config = document.descriptor(*config), .layers = {}};
  for (const auto& entry : document.list(document.value(), "layers", kMostLayers))
    result.layers.push_back(document.descriptor(entry));
  return result;
}

Config parse_config(std::string_view text) {
  const Document document("configuration of the image", text);
  const json& all = document.value();
  Config result{.architecture = document.text(all, "architecture"),
                .os = document.text(all, "os"),
                .variant = document.text(all, "variant"),
                .created = document.text(all, "created")};
  const json& run = document.map(all, "config");
  result.user = document.text(run, "User");
  result.working_directory = document.text(run, "WorkingDir");
  result.stop_signal = document.text(run, "StopSignal");
  result.entrypoint = document.texts(run, "Entrypoint");
  result.command = document.texts(run, "Cmd");
  result.environment = document.texts(run, "Env");
  result.exposed_ports = document.keys(run, "ExposedPorts");
  result.volumes = document.keys(run, "Volumes");
  for (const auto& [name, value] : document.map(run, "Labels").items()) {
    if (!value.is_string()) document.refuse("'Labels' holds something that is no text");
    result.labels[name] = value.get<std::string>();
  }
  const json& root = document.map(all, "rootfs");
  for (const auto& id : document.texts(root, "diff_ids", kMostLayers)) result.layers.push_back(document.digest(id));
  return result;
}

std::vector<SavedImage> parse_saved_images(std::string_view text) {
  const Document document("manifest.json", text);
  if (!document.value().is_array() || document.value().size() > kMostManifests)
    document.refuse("it is no list of images");
  std::vector<SavedImage> result;
  for (const auto& entry : document.value()) {
    result.push_back({.config = document.text(entry, "Config"),
                      .names = document.texts(entry, "RepoTags"),
                      .layers = document.texts(entry, "Layers", kMostLayers)});
  }
  return result;
}

}  // namespace keelson::oci
