#include "kube/connection.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/text.h"
#include "sys/file.h"

namespace keelson::kube {

namespace {

/// ExecCredential's spec.cluster: what the plugin is told of the cluster.
json cluster_info(const KubeconfigCluster& cluster) {
  json info = {{"server", cluster.server}};
  if (!cluster.tls_server_name.empty()) info["tls-server-name"] = cluster.tls_server_name;
  if (cluster.accept_any_certificate) info["insecure-skip-tls-verify"] = true;
  if (!cluster.proxy.empty()) info["proxy-url"] = cluster.proxy;
  if (cluster.authority.is_given()) {
    const std::string authority =
        cluster.authority.value.empty() ? read_file(cluster.authority.file, mebibytes(1)) : cluster.authority.value;
    info["certificate-authority-data"] = base64(as_bytes(authority));
  }
  if (!cluster.plugin_config.is_null()) info["config"] = cluster.plugin_config;
  return info;
}

}  // namespace

Connection connect_by(const ChosenContext& context, const std::vector<std::string>& environment, Clock& clock) {
  const KubeconfigCluster& cluster = context.cluster;
  Connection connection{.options = {.server = cluster.server,
                                    .tls_server_name = cluster.tls_server_name,
                                    .accept_any_certificate = cluster.accept_any_certificate,
                                    .proxy = cluster.proxy},
                        .credentials = {},
                        .space = context.space};
  if (context.user.exec) {
    ExecCredentialsOptions options{
        .plugin = *context.user.exec, .authority = cluster.authority, .cluster = {}, .environment = environment};
    if (options.plugin.provide_cluster_info) options.cluster = cluster_info(cluster);
    connection.credentials = std::make_shared<ExecCredentials>(std::move(options), clock);
  } else {
    connection.credentials =
        std::make_shared<FileCredentials>(FileCredentialsOptions{.authority = cluster.authority,
                                                                 .certificate = context.user.certificate,
                                                                 .key = context.user.key,
                                                                 .token = context.user.token});
  }
  return connection;
}

Connection connect_in_cluster(const PodPlace& place) {
  std::error_code error;
  if (place.host.empty() || place.port.empty() || !std::filesystem::exists(place.folder / "token", error)) {
    throw Error(ErrorKind::NotFound, "cannot use the pod's service account: this is no pod that has one",
                "outside of a cluster name a kubeconfig");
  }
  const bool ipv6 = place.host.find(':') != std::string::npos;
  Connection connection;
  connection.options.server = fmt::format("https://{}:{}", ipv6 ? '[' + place.host + ']' : place.host, place.port);
  connection.credentials = std::make_shared<FileCredentials>(
      FileCredentialsOptions{.authority = {.value = {}, .file = place.folder / "ca.crt"},
                             .certificate = {},
                             .key = {},
                             .token = {.value = {}, .file = place.folder / "token"}});
  const auto space = place.folder / "namespace";
  if (std::filesystem::exists(space, error)) {
    const std::string content = read_file(space, mebibytes(1));
    connection.space = trim(std::string_view(content));
  }
  if (connection.space.empty()) connection.space = "default";
  return connection;
}

}  // namespace keelson::kube
