#include "image/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/error.h"
#include "base/json_fields.h"
#include "image/digest.h"

namespace keelson::image {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kMostPackages = 100'000;
constexpr std::size_t kMostPartitions = 1024;  // as formats/gpt
constexpr std::size_t kLargestText = 64u << 20;

Json to_json(const ManifestPartition& partition) {
  return {{"id", partition.id},
          {"label", partition.label},
          {"type", partition.type},
          {"typeUuid", partition.type_uuid.text()},
          {"uuid", partition.uuid.text()},
          {"offset", partition.offset.value},
          {"size", partition.size.value},
          {"filesystem", partition.filesystem},
          {"mountPoint", partition.mount_point},
          {"sha256", partition.sha256.hex()}};
}

ManifestPartition partition_from(const JsonFields& fields) {
  return {.id = fields.text("id"),
          .label = fields.text("label"),
          .type = fields.text("type"),
          .type_uuid = fields.uuid("typeUuid"),
          .uuid = fields.uuid("uuid"),
          .offset = {fields.number("offset")},
          .size = {fields.number("size")},
          .filesystem = fields.text("filesystem"),
          .mount_point = fields.text("mountPoint"),
          .sha256 = fields.digest("sha256")};
}

Json to_json(const ManifestPackage& package) {
  return {{"name", package.name},
          {"version", package.version},
          {"architecture", package.architecture},
          {"sha256", package.sha256.hex()}};
}

ManifestPackage package_from(const JsonFields& fields) {
  return {.name = fields.text("name"),
          .version = fields.text("version"),
          .architecture = fields.text("architecture"),
          .sha256 = fields.digest("sha256")};
}

// A reader that seeks to an offset from here must not leave the disk.
void check_partitions(const Manifest& manifest, const JsonDocumentName& document) {
  ByteCount taken{0};
  for (const auto& partition : manifest.partitions) {
    const bool inside =
        partition.size <= manifest.image.size && partition.offset <= manifest.image.size - partition.size;
    if (!inside) document.refuse(fmt::format("partition '{}' does not lie within the disk", partition.id));
    if (partition.offset < taken) document.refuse(fmt::format("partition '{}' overlaps the one before", partition.id));
    taken = partition.offset + partition.size;
  }
}

}  // namespace

void describe_disk(Manifest& manifest, const DiskPlan& plan, const std::filesystem::path& raw) {
  std::vector<ByteRange> ranges{{{0}, plan.size}};
  for (const auto& partition : plan.partitions) ranges.push_back({partition.offset, partition.size});
  const auto digests = digest_ranges(raw, ranges);
  manifest.disk_uuid = plan.disk_uuid;
  manifest.image.size = plan.size;
  manifest.image.sha256 = digests[0];
  manifest.partitions.clear();
  for (const auto& partition : plan.partitions) {
    manifest.partitions.push_back({.id = partition.id,
                                   .label = partition.label,
                                   .type = partition.type,
                                   .type_uuid = partition.type_uuid,
                                   .uuid = partition.uuid,
                                   .offset = partition.offset,
                                   .size = partition.size,
                                   .filesystem = partition.filesystem,
                                   .mount_point = partition.mount_point,
                                   .sha256 = digests[manifest.partitions.size() + 1]});
  }
}

std::string write_manifest(const Manifest& manifest) {
  Json json{{"keelsonManifest", kVersion},
            {"name", manifest.name},
            {"version", manifest.version},
            {"architecture", manifest.architecture},
            {"epoch", manifest.epoch},
            {"diskUuid", manifest.disk_uuid.text()},
            {"kernelCommandLine", manifest.kernel_command_line},
            {"kernelVersion", manifest.kernel_version},
            {"lockSha256", manifest.lock_sha256.hex()},
            {"recipeSha256", manifest.recipe_sha256.hex()},
            {"pcr11", manifest.pcr11.hex()}};
  json["image"] = {{"file", manifest.image.file},
                   {"format", manifest.image.format},
                   {"size", manifest.image.size.value},
                   {"sha256", manifest.image.sha256.hex()}};
  json["partitions"] = Json::array();
  for (const auto& partition : manifest.partitions) json["partitions"].push_back(to_json(partition));
  auto packages = manifest.packages;
  std::sort(packages.begin(), packages.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.architecture, a.version) < std::tie(b.name, b.architecture, b.version);
  });
  json["packages"] = Json::array();
  for (const auto& package : packages) json["packages"].push_back(to_json(package));
  // A byte that is not UTF-8 (in a command line, say) becomes U+FFFD instead of an exception that is not ours.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Manifest parse_manifest(std::string_view text, std::string_view name) {
  const JsonDocumentName document{"manifest", name, ""};
  if (text.size() > kLargestText) document.refuse(fmt::format("it is larger than {}", human_size({kLargestText})));
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) document.refuse("it is not JSON");
  const JsonFields top(json, "manifest", document);
  if (top.number("keelsonManifest") != kVersion) document.refuse("it was written by a newer keelson");
  const JsonFields image = top.object("image");
  Manifest manifest{.name = top.text("name"),
                    .version = top.text("version"),
                    .architecture = top.text("architecture"),
                    .epoch = top.time("epoch"),
                    .image = {.file = image.text("file"),
                              .format = image.text("format"),
                              .size = {image.number("size")},
                              .sha256 = image.digest("sha256")},
                    .disk_uuid = top.uuid("diskUuid"),
                    .kernel_command_line = top.text("kernelCommandLine"),
                    .kernel_version = top.text("kernelVersion"),
                    .lock_sha256 = top.digest("lockSha256"),
                    .recipe_sha256 = top.digest("recipeSha256"),
                    .pcr11 = top.digest("pcr11")};
  for (const Json& partition : top.list("partitions", kMostPartitions)) {
    const std::string where = fmt::format("partitions[{}]", manifest.partitions.size());
    manifest.partitions.push_back(partition_from(JsonFields(partition, where, document)));
  }
  for (const Json& package : top.list("packages", kMostPackages)) {
    const std::string where = fmt::format("packages[{}]", manifest.packages.size());
    manifest.packages.push_back(package_from(JsonFields(package, where, document)));
  }
  check_partitions(manifest, document);
  return manifest;
}

}  // namespace keelson::image
