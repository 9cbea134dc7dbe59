#include "node/embedded_bill.h"

#include "base/text.h"
#include "kube/json_text.h"
#include "kube/objects.h"

namespace keelson::node {

namespace {

constexpr ByteCount kLargestBill = mebibytes(256);

// Of "pkg:deb/debian/bash@5.2.37-2?arch=amd64&distro=debian-13"; "" for what is no binary package.
std::string architecture_in(std::string_view url) {
  const auto question = url.find('?');
  if (!url.starts_with("pkg:") || question == std::string_view::npos) return {};
  for (const auto qualifier : split(url.substr(question + 1), '&')) {
    if (!qualifier.starts_with("arch=")) continue;
    const auto architecture = qualifier.substr(5);
    return architecture == "source" || architecture == "src" ? std::string() : std::string(architecture);
  }
  return {};
}

}  // namespace

std::vector<inventory::Package> read_embedded_bill(const LiveRoot& root) {
  std::vector<inventory::Package> packages;
  const auto text = root.files().text(kEmbeddedBill, kLargestBill);
  if (!text) return packages;
  const auto bill = kube::parse_json(*text, kEmbeddedBill);
  for (const auto& entry : kube::list_at(bill, {"packages"})) {
    for (const auto& reference : kube::list_at(entry, {"externalRefs"})) {
      const std::string architecture = architecture_in(kube::text_at(reference, {"referenceLocator"}));
      if (architecture.empty()) continue;
      inventory::Package package;
      package.name = kube::text_at(entry, {"name"});
      package.version = kube::text_at(entry, {"versionInfo"});
      package.architecture = architecture;
      packages.push_back(std::move(package));
      break;
    }
  }
  return packages;
}

}  // namespace keelson::node
