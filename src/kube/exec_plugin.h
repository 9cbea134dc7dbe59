/// Credentials by another program: a kubeconfig user's `exec`.
/// Source: client.authentication.k8s.io/v1 and v1beta1, ExecCredential.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kube/credentials.h"
#include "kube/objects.h"

namespace keelson::kube {

/// As the kubeconfig has it.
struct ExecPlugin {
  std::string api_version;
  std::string command;  ///< with a slash: a path, made absolute; without: looked for in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  ///< in addition to the program's own
  std::string install_hint;
  bool provide_cluster_info = false;
};

struct ExecCredentialsOptions {
  ExecPlugin plugin;
  Material authority;
  json cluster;                          ///< ExecCredential's spec.cluster, when the plugin wants it
  std::vector<std::string> environment;  ///< "NAME=value": the caller's own, PATH among them
  std::chrono::milliseconds timeout{60'000};
};

/// Promise: the plugin runs when there is nothing valid, and again once its answer has expired or the server says 401;
/// never twice at the same time. It has no terminal, its output is bounded and is never shown (it is secret); what it
/// says on standard error is.
class ExecCredentials final : public CredentialSource {
 public:
  /// @param clock must outlive it.
  ExecCredentials(ExecCredentialsOptions options, Clock& clock);
  Credentials current() override;
  std::optional<Credentials> renewed(const Credentials& used) override;

 private:
  Credentials with_authority(Credentials credentials);
  void run();

  ExecCredentialsOptions options_;
  Clock& clock_;
  FileCredentials authority_;
  std::mutex mutex_;
  std::optional<Credentials> kept_;
  std::optional<std::int64_t> expires_;  // seconds since 1970
};

/// What a plugin printed. @param text untrusted. @throws Error(BadInput).
struct ExecAnswer {
  Credentials credentials;
  std::optional<std::int64_t> expires;
};
ExecAnswer parse_exec_answer(std::string_view text, const std::string& api_version, const std::string& command);

}  // namespace keelson::kube
