#include "image/container/container_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/harmless_text.h"
#include "crypto/hash.h"
#include "image/container/choose.h"
#include "image/container/file_content.h"
#include "image/lookup.h"

namespace keelson::image {

namespace {

constexpr int kMostNesting = 4;  // of indices in indices
constexpr std::size_t kMostIndices = 100;

Sha256 digest_of(const BlockSource& blob) {
  Sha256Hasher hasher;
  Bytes buffer(1u << 20);
  for (std::uint64_t at = 0; at < blob.size().value;) {
    const auto count = std::min<std::uint64_t>(buffer.size(), blob.size().value - at);
    const auto piece = std::span(buffer).first(static_cast<std::size_t>(count));
    blob.read(at, piece);
    hasher.update(ByteView(piece));
    at += count;
  }
  return hasher.finish();
}

std::string short_name(const Sha256& digest) { return "sha256:" + digest.hex().substr(0, 12); }

[[noreturn]] void refuse_digest(std::string_view what, std::string_view says) {
  throw Error(ErrorKind::Refused, fmt::format("cannot verify '{}': its SHA-256 is not what {} says", what, says),
              "the image is damaged or was tampered with: fetch it again");
}

class Opener {
 public:
  Opener(const FileSystem& layout, const ContainerOptions& options) : layout_(layout), options_(options) {
    image_.files = std::make_unique<oci::LayeredFiles>();
    image_.unpacked = std::make_unique<UnpackedLayers>(options.limits);
  }

  ContainerImage open_layout() {
    image_.format = "oci";
    oci::check_layout_version(require_text("oci-layout"));
    std::vector<oci::Descriptor> manifests;
    collect(oci::parse_index(require_text("index.json")), manifests, 0);
    const auto chosen = choose_manifest(manifests, options_.architecture);
    image_.name = chosen.name;
    image_.digest = chosen.digest;
    const auto manifest = oci::parse_manifest(read_document(chosen, "manifest"));
    image_.config_digest = manifest.config.digest;
    image_.config = oci::parse_config(read_document(manifest.config, "configuration"));
    for (const auto& layer : manifest.layers) {
      if (!oci::is_layer(layer.media_type))
        throw Error(ErrorKind::BadInput,
                    fmt::format("cannot read 'layer {}': its type is '{}'", short_name(layer.digest),
                                harmless_text(layer.media_type.substr(0, 200))));
    }
    require_layers(manifest.layers.size());
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      const auto& layer = manifest.layers[i];
      const std::string name = fmt::format("layer {}", short_name(layer.digest));
      add_layer(open_blob(layer, name), layer.digest, name, diff_id(i));
    }
    return finish();
  }

  ContainerImage open_saved() {
    image_.format = "docker-archive";
    const auto saved = oci::parse_saved_images(require_text("manifest.json"));
    if (saved.size() != 1)
      throw Error(ErrorKind::BadInput, fmt::format("cannot choose 'image': the archive holds {}", saved.size()),
                  "save the one that is meant alone: docker save NAME");
    const auto& one = saved.front();
    if (!one.names.empty()) image_.name = one.names.front();
    const std::string config = require_text(one.config);
    image_.config_digest = sha256(config);
    // The file is named by its digest: "HEX.json", or "blobs/sha256/HEX".
    if (one.config.find(image_.config_digest.hex()) == std::string::npos)
      refuse_digest("configuration", "the name of its file");
    image_.config = oci::parse_config(config);
    require_layers(one.layers.size());
    for (std::size_t i = 0; i < one.layers.size(); ++i) {
      const std::string name = fmt::format("layer {}", harmless_text(one.layers[i].substr(0, 100)));
      add_layer(open_content(layout_, require_file(one.layers[i])), std::nullopt, name, diff_id(i));
    }
    return finish();
  }

 private:
  NodeId require_file(const std::string& path) const {
    const auto found = find_path(layout_, path);
    if (!found)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read '{}': it is not in the image", harmless_text(path.substr(0, 200))),
                  "a part of the image is missing: fetch it again");
    return *found;
  }

  std::string require_text(const std::string& path) const {
    require_file(path);
    return *find_text(layout_, path, oci::kMostDocument);
  }

  std::unique_ptr<BlockSource> open_blob(const oci::Descriptor& descriptor, std::string_view what) const {
    auto blob = open_content(layout_, require_file("blobs/sha256/" + descriptor.digest.hex()));
    if (blob->size().value != descriptor.size)
      throw Error(ErrorKind::Refused,
                  fmt::format("cannot verify '{}': it has {} bytes, and its descriptor says {}", what,
                              blob->size().value, descriptor.size),
                  "the image is damaged or was tampered with: fetch it again");
    if (digest_of(*blob) != descriptor.digest) refuse_digest(what, "its descriptor");
    return blob;
  }

  std::string read_document(const oci::Descriptor& descriptor, std::string_view what) const {
    if (descriptor.size > oci::kMostDocument.value)
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is larger than 4 MiB", what));
    const auto blob = open_blob(descriptor, what);
    return std::string(as_text(read_blocks(*blob, 0, blob->size().value)));
  }

  // An index may name indices; one that names itself can't exist, for its digest is in it.
  void collect(const std::vector<oci::Descriptor>& index, std::vector<oci::Descriptor>& manifests, int depth) {
    for (const auto& each : index) {
      if (oci::is_manifest(each.media_type)) {
        manifests.push_back(each);
      } else if (oci::is_index(each.media_type)) {
        if (depth == kMostNesting || ++indices_ > kMostIndices)
          throw Error(ErrorKind::BadInput, "cannot read 'index of the image': too many indices in it");
        auto below = oci::parse_index(read_document(each, "index"));
        for (auto& one : below)
          if (one.name.empty()) one.name = each.name;
        collect(below, manifests, depth + 1);
      }
      if (manifests.size() > oci::kMostManifests)
        throw Error(ErrorKind::BadInput, "cannot read 'index of the image': it names more than 1000 images");
    }
  }

  void require_layers(std::size_t count) const {
    if (image_.config.layers.size() != count)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read 'configuration of the image': it names {} layers, and the "
                              "manifest {}",
                              image_.config.layers.size(), count));
  }

  const Sha256& diff_id(std::size_t layer) const { return image_.config.layers[layer]; }

  // Compressed or not is told by its content: the types are not always right, and tools look at the content, too.
  void add_layer(std::unique_ptr<BlockSource> blob, const std::optional<Sha256>& digest, const std::string& name,
                 const Sha256& unpacked) {
    const auto compression =
        compressed::recognise(read_blocks(*blob, 0, std::min<std::uint64_t>(6, blob->size().value)));
    ContainerLayer layer{.digest = digest ? *digest : unpacked, .size = blob->size(), .compression = compression};
    Layer entry{.name = name, .blob = {}, .number = {}};
    if (compression == compressed::Compression::None) {
      if (digest != unpacked && digest_of(*blob) != unpacked) refuse_digest(name, "the image's configuration");
      entry.blob = std::move(blob);
    } else {
      if (!digest) layer.digest = digest_of(*blob);
      entry.number = image_.unpacked->add(*blob, compression, name, unpacked);
    }
    image_.layers.push_back(layer);
    layers_.push_back(std::move(entry));
  }

  ContainerImage finish() {
    for (auto& layer : layers_) {
      if (layer.number) layer.blob = image_.unpacked->open(*layer.number);
      with_context(fmt::format("reading '{}'", layer.name),
                   [&] { image_.files->add_layer(*layer.blob, oci::Whiteouts::Apply); });
      image_.blobs.push_back(std::move(layer.blob));
    }
    return std::move(image_);
  }

  struct Layer {
    std::string name;
    std::unique_ptr<BlockSource> blob;
    std::optional<std::size_t> number;  // of those that were unpacked
  };

  const FileSystem& layout_;
  const ContainerOptions& options_;
  std::size_t indices_ = 0;
  std::vector<Layer> layers_;
  ContainerImage image_;
};

bool has_file(const FileSystem& files, std::string_view name) {
  const auto found = find_path(files, name);
  return found && files.node(*found).type == NodeType::File;
}

// A tar of a root file system may have a file of that name; what `docker save` writes is a list that names files.
bool is_saved_image(const FileSystem& files) {
  return has_file(files, "manifest.json") && !files.find(files.root(), "etc") && !files.find(files.root(), "usr");
}

}  // namespace

bool holds_container_image(const FileSystem& layout) {
  return has_file(layout, "oci-layout") || is_saved_image(layout);
}

ContainerImage open_container_image(const FileSystem& layout, const ContainerOptions& options) {
  Opener opener(layout, options);
  return has_file(layout, "oci-layout") ? opener.open_layout() : opener.open_saved();
}

}  // namespace keelson::image
