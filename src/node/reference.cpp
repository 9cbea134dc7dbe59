#include "node/reference.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/manifest.h"
#include "inspect/fact_document.h"
#include "inventory/package_hash.h"
#include "kube/json_text.h"
#include "kube/objects.h"
#include "node/digest_text.h"

namespace keelson::node {

namespace {

constexpr ByteCount kLargest = mebibytes(256);
constexpr std::size_t kMostFiles = 1'000'000;

std::string read(const LiveRoot& root, const std::string& path) {
  const auto text = root.files().text(path, kLargest);
  if (!text)
    throw Error(ErrorKind::NotFound, fmt::format("cannot audit: '{}' is not there", path),
                "the update program leaves it beside the image that it installs");
  return *text;
}

std::vector<inventory::Package> packages_of(const image::Manifest& manifest) {
  std::vector<inventory::Package> packages;
  for (const auto& entry : manifest.packages) {
    packages.push_back({.name = entry.name,
                        .version = entry.version,
                        .architecture = entry.architecture,
                        .source = entry.name,
                        .source_version = entry.version});
  }
  return packages;
}

void take_manifest(Reference& reference, const std::string& text, const std::string& path,
                   const std::string& manifest_hash) {
  const auto manifest = image::parse_manifest(text, path);
  reference.packages = packages_of(manifest);
  reference.kernel = manifest.kernel_version;
  reference.command_line = manifest.kernel_command_line;
  const std::string hash = digest_text(inventory::package_list_hash(*reference.packages));
  if (!manifest_hash.empty() && manifest_hash != hash)
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot audit: the packages in '{}' are not those of the release that was installed (its "
                            "manifestHash is {}, not {})",
                            path, manifest_hash, hash));
  reference.told.push_back(fmt::format(
      "manifest {} ({} {}): it has no signature; {}", path, manifest.name, manifest.version,
      manifest_hash.empty() ? "nothing vouches for it" : "its packages are those of the release's manifestHash"));
}

// As inventory/spdx.cpp writes it, of which only this is wanted.
void take_bill(Reference& reference, const std::string& text, const std::string& path) {
  const auto document = kube::parse_json(text, path);
  std::map<std::string, std::string> files;
  for (const auto& file : kube::list_at(document, {"files"})) {
    const std::string name = kube::text_at(file, {"fileName"});
    if (!name.starts_with("./")) continue;
    for (const auto& checksum : kube::list_at(file, {"checksums"})) {
      const std::string value = kube::text_at(checksum, {"checksumValue"});
      if (kube::text_at(checksum, {"algorithm"}) == "SHA256" && is_hex_digest(value)) files[name.substr(1)] = value;
    }
    if (files.size() > kMostFiles)
      throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': it lists more than {} files", path, kMostFiles));
  }
  if (files.empty())
    throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': it lists no files with their SHA-256", path),
                "keelson sbom --files writes such a bill");
  reference.told.push_back(fmt::format("bill {}: {} files; it has no signature", path, files.size()));
  reference.files = std::move(files);
}

}  // namespace

Reference read_reference(const LiveRoot& root, const AuditConfig& config, const std::string& manifest_hash) {
  Reference reference;
  if (!config.manifest.empty()) take_manifest(reference, read(root, config.manifest), config.manifest, manifest_hash);
  if (!config.facts.empty()) {
    reference.facts = inspect::parse_fact_document(read(root, config.facts), config.facts);
    if (reference.kernel.empty()) reference.kernel = kube::text_at(reference.facts, {"versions", "kernel"});
    if (reference.command_line.empty())
      reference.command_line = kube::text_at(reference.facts, {"kernel", "commandLine"});
    reference.told.push_back(fmt::format("facts {}: they have no signature", config.facts));
  }
  if (!config.bill.empty()) take_bill(reference, read(root, config.bill), config.bill);
  return reference;
}

}  // namespace keelson::node
