/// Which cluster a program is to talk to: by a kubeconfig, or as the pod that it runs in.
#pragma once

#include "kube/connection.h"
#include "sys/environment.h"

namespace keelson::kube {

/// What a command line names.
struct ClusterChoice {
  std::string kubeconfig;  ///< "": $KUBECONFIG, else ~/.kube/config
  std::string context;     ///< "": the current one
};

struct FoundConnection {
  Connection connection;
  std::string context;  ///< its name, for people; "in-cluster" for a pod's own account
};

/// As kubectl does: a pod's own account is used where nothing is named and there is no ~/.kube/config.
/// @param environment also for exec plugins. @param clock must outlive the credentials. @param account where a pod's
/// service account is. @throws as read_kubeconfigs(), choose_context() and connect_in_cluster().
FoundConnection find_connection(const ClusterChoice& choice, const Environment& environment, Clock& clock,
                                const std::filesystem::path& account = PodPlace().folder);

}  // namespace keelson::kube
