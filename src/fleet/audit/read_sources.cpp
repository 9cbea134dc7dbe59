#include "fleet/audit/read_sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/harmless_text.h"
#include "fleet/objects.h"
#include "fleet/resources/kinds.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostUnreadable = 100;

}  // namespace

void AuditSourcesReader::add(const kube::json& document, std::string_view name) {
  const std::string kind = kube::text_at(document, {"kind"});
  if (kind.empty())
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it holds no objects of the Kubernetes API", name),
                "kubectl get nodes,noderecords,imagereleases,nodepools -o json");
  if (!kind.ends_with("List") || !document.contains("items")) return add_object(document);
  for (const auto& item : kube::list_at(document, {"items"})) add_object(item);
}

void AuditSourcesReader::add_text(std::string_view text, std::string_view name) {
  add(kube::parse_json(text, name), name);
}

void AuditSourcesReader::add_object(const kube::json& object) {
  const std::string kind = kube::text_at(object, {"kind"});
  const bool is_ours = kube::text_at(object, {"apiVersion"}).starts_with(std::string(kGroup) + "/");
  try {
    if (kind == "Node" && !is_ours && !kube::name_of(object).empty()) sources_.cluster.put(node_of(object));
    if (!is_ours) return;
    if (kind == "NodeRecord") {
      auto record = read_node_record(object);
      sources_.records.insert_or_assign(record.name, std::move(record));
    } else if (kind == "ImageRelease") {
      sources_.releases.push_back(read_image_release(object));
    } else if (kind == "NodePool") {
      sources_.pools.push_back(read_node_pool(object));
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::BadInput) throw;
    if (sources_.unreadable.size() < kMostUnreadable) sources_.unreadable.push_back(harmless_text(error.message()));
  }
}

AuditSources AuditSourcesReader::finish() {
  if (sources_.cluster.nodes().empty())
    throw Error(ErrorKind::BadInput, "cannot audit: there is no node in what was read",
                "kubectl get nodes,noderecords,imagereleases,nodepools -o json");
  const auto by_name = [](const auto& a, const auto& b) { return a.release.name < b.release.name; };
  std::sort(sources_.releases.begin(), sources_.releases.end(), by_name);
  std::sort(sources_.pools.begin(), sources_.pools.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return std::move(sources_);
}

AuditSources read_live_audit(kube::Api& api, const std::stop_token& stop) {
  AuditSourcesReader reader;
  const kube::ListOptions options{.trim = [&](kube::json& item) {
    reader.add(item, "the cluster");
    item = nullptr;
  }};
  api.list(kube::nodes(), options, stop);
  for (const auto& resource : {node_records(), image_releases(), node_pools()}) {
    try {
      api.list(resource, options, stop);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::NotFound) throw;
      throw Error(ErrorKind::NotFound, error.message(),
                  "Keelson's resources are not installed: kubectl apply -k deploy");
    }
  }
  return reader.finish();
}

}  // namespace keelson::fleet
