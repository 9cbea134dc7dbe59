/// Kubeconfig files: read, merged, and one context of them chosen.
///
/// Source: kubectl's "Organizing Cluster Access Using kubeconfig Files"; client-go's clientcmd v1 (config.k8s.io).
/// Not supported, and said so when the chosen user needs it: auth-provider (gone from Kubernetes 1.26), basic
/// authentication (gone from 1.19), impersonation.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/credentials.h"
#include "kube/exec_plugin.h"
#include "kube/objects.h"

namespace keelson::kube {

struct KubeconfigCluster {
  std::string server;
  Material authority;
  std::string tls_server_name;
  std::string proxy;
  bool accept_any_certificate = false;
  json plugin_config;  ///< the extension "client.authentication.k8s.io/exec", for exec plugins; null: none
};

struct KubeconfigUser {
  Material certificate;
  Material key;
  Material token;
  std::optional<ExecPlugin> exec;
  std::string unsupported;  ///< why this user can't be used here; "": it can
};

struct KubeconfigContext {
  std::string cluster;
  std::string user;
  std::string space;  ///< the namespace; "": none given
};

/// One file, or several merged. Files named in it are absolute or relative to the file's own folder.
struct Kubeconfig {
  std::map<std::string, KubeconfigCluster> clusters;
  std::map<std::string, KubeconfigUser> users;
  std::map<std::string, KubeconfigContext> contexts;
  std::string current_context;
};

/// @param file where it comes from: paths in it are relative to its folder. @param text untrusted.
/// @throws Error(BadInput) with the place of the mistake.
Kubeconfig parse_kubeconfig(std::string_view text, const std::filesystem::path& file);

/// What `later` has that `first` lacks is added: per name, the first wins.
void merge_kubeconfig(Kubeconfig& first, const Kubeconfig& later);

/// Reads and merges them in that order. Files that do not exist are passed over, as long as one does.
/// @throws Error(NotFound) when none exists; as parse_kubeconfig().
Kubeconfig read_kubeconfigs(const std::vector<std::filesystem::path>& files);

/// The files that $KUBECONFIG names (with colons between them), or ~/.kube/config.
std::vector<std::filesystem::path> kubeconfig_files(const std::string& kubeconfig_variable,
                                                    const std::filesystem::path& home);

/// A context with its cluster and user.
struct ChosenContext {
  std::string name;
  std::string user_name;
  KubeconfigCluster cluster;
  KubeconfigUser user;
  std::string space;  ///< "default" when the context has none
};

/// @param context "": the current one. @throws Error(NotFound) for names that are not there, with what may have been
/// meant; Error(BadInput) for a cluster without a server; Error(Refused) for users of a kind that is not supported.
ChosenContext choose_context(const Kubeconfig& kubeconfig, const std::string& context = {});

}  // namespace keelson::kube
