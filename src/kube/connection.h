/// From a configuration to a transport: what curl_transport.h needs, made of a kubeconfig's context or of what a pod
/// finds in its own file system.
#pragma once

#include "kube/curl_transport.h"
#include "kube/kubeconfig.h"

namespace keelson::kube {

/// What belongs to a connection.
struct Connection {
  CurlTransportOptions options;
  std::shared_ptr<CredentialSource> credentials;
  std::string space;  ///< the namespace to use when none is said
};

/// @param environment "NAME=value": the caller's, for exec plugins. @param clock must outlive the credentials.
Connection connect_by(const ChosenContext& context, const std::vector<std::string>& environment, Clock& clock);

/// Where a pod finds its service account. The caller reads the two variables: this library reads no environment.
struct PodPlace {
  std::string host;  ///< $KUBERNETES_SERVICE_HOST
  std::string port;  ///< $KUBERNETES_SERVICE_PORT
  std::filesystem::path folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};

/// Token and authority are read again when they change: projected tokens rotate, about hourly.
/// @throws Error(NotFound) outside of a pod.
Connection connect_in_cluster(const PodPlace& place);

}  // namespace keelson::kube
