#include "kube/kubeconfig.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "kube/yaml_document.h"
#include "sys/file.h"

namespace keelson::kube {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPluginExtension = "client.authentication.k8s.io/exec";

/// Reads one file's entries; every error names the file and the entry.
class Reader {
 public:
  explicit Reader(const fs::path& file) : file_(file), folder_(fs::absolute(file).parent_path()) {}

  Kubeconfig read(const json& root) {
    if (!root.is_object()) refuse("it is no kubeconfig");
    if (const auto kind = text(root, "kind"); !kind.empty() && kind != "Config") refuse("its kind is not Config");
    Kubeconfig result{.current_context = text(root, "current-context")};
    each(root, "clusters", "cluster",
         [&](const std::string& name, const json& body) { result.clusters.emplace(name, cluster(body)); });
    each(root, "users", "user",
         [&](const std::string& name, const json& body) { result.users.emplace(name, user(body)); });
    each(root, "contexts", "context", [&](const std::string& name, const json& body) {
      result.contexts.emplace(
          name, KubeconfigContext{
                    .cluster = text(body, "cluster"), .user = text(body, "user"), .space = text(body, "namespace")});
    });
    return result;
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    const std::string place = where_.empty() ? "" : where_ + ": ";
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {}{}", file_.native(), place, why));
  }

  /// Calls `take` for each entry of a list of {name, <what>}. The first of a name wins, as across files.
  template <typename Take>
  void each(const json& root, const char* list, const char* what, const Take& take) {
    const json* entries = find_at(root, {list});
    if (entries == nullptr) return;
    if (!entries->is_array()) refuse(fmt::format("'{}' is not a list", list));
    static const json nothing = json::object();
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const json& entry = (*entries)[i];
      where_ = fmt::format("{}[{}]", list, i);
      const std::string name = text(entry, "name");
      if (name.empty()) refuse("it has no name");
      where_ = fmt::format("{} '{}'", what, harmless_text(name));
      const json* body = find_at(entry, {what});
      if (body != nullptr && !body->is_object()) refuse(fmt::format("'{}' is not a map", what));
      take(name, body == nullptr ? nothing : *body);
      where_.clear();
    }
  }

  /// A scalar as text, "" when it is missing: a number that stands without quotes is meant as text here.
  std::string text(const json& object, std::string_view key) const {
    const json* value = find_at(object, {key});
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    if (value->is_structured()) refuse(fmt::format("'{}' is not a text", key));
    return value->dump();
  }

  bool flag(const json& object, std::string_view key) const {
    const json* value = find_at(object, {key});
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse(fmt::format("'{}' is neither true nor false", key));
    return value->get<bool>();
  }

  fs::path path(const std::string& given) const {
    if (given.empty()) return {};
    return (folder_ / given).lexically_normal();
  }

  /// `<key>-data` in base64, else the file that `<key>` names.
  Material material(const json& object, const std::string& key) const {
    const std::string data = text(object, key + "-data");
    if (data.empty()) return {.value = {}, .file = path(text(object, key))};
    auto decoded = parse_base64(data);
    if (!decoded || decoded->empty()) refuse(fmt::format("'{}-data' is no base64", key));
    return {.value = std::move(*decoded), .file = {}};
  }

  KubeconfigCluster cluster(const json& body) const {
    KubeconfigCluster result{.server = text(body, "server"),
                             .authority = material(body, "certificate-authority"),
                             .tls_server_name = text(body, "tls-server-name"),
                             .proxy = text(body, "proxy-url"),
                             .accept_any_certificate = flag(body, "insecure-skip-tls-verify")};
    if (result.accept_any_certificate && result.authority.is_given()) {
      refuse("it has both a certificate authority and insecure-skip-tls-verify");
    }
    for (const auto& extension : list_at(body, {"extensions"})) {
      if (text(extension, "name") != kPluginExtension) continue;
      if (const json* config = find_at(extension, {"extension"})) result.plugin_config = *config;
    }
    return result;
  }

  KubeconfigUser user(const json& body) const {
    KubeconfigUser result{.certificate = material(body, "client-certificate"), .key = material(body, "client-key")};
    result.token.file = path(text(body, "tokenFile"));
    if (result.token.file.empty()) result.token.value = text(body, "token");  // the file, where there are both
    if (find_at(body, {"auth-provider"}) != nullptr) {
      result.unsupported = "auth-provider is not supported: use the provider's exec plugin, as kubectl does since 1.26";
    } else if (!text(body, "username").empty() || !text(body, "password").empty()) {
      result.unsupported = "basic authentication is not supported, neither here nor by Kubernetes since 1.19";
    } else if (!text(body, "as").empty() || !text(body, "as-uid").empty() || !list_at(body, {"as-groups"}).empty()) {
      result.unsupported = "impersonation ('as') is not supported";
    }
    if (const json* given = find_at(body, {"exec"})) result.exec = exec(*given, result.unsupported);
    if (result.certificate.is_given() != result.key.is_given()) {
      refuse("it has one of client certificate and client key, not both");
    }
    return result;
  }

  ExecPlugin exec(const json& body, std::string& unsupported) const {
    ExecPlugin plugin{.api_version = text(body, "apiVersion"),
                      .command = text(body, "command"),
                      .install_hint = text(body, "installHint"),
                      .provide_cluster_info = flag(body, "provideClusterInfo")};
    if (plugin.command.empty()) refuse("'exec' has no command");
    if (plugin.command.find('/') != std::string::npos) plugin.command = path(plugin.command).native();
    for (const auto& argument : list_at(body, {"args"})) {
      if (argument.is_structured()) refuse("an entry of 'exec.args' is not a text");
      plugin.arguments.push_back(argument.is_string() ? argument.get<std::string>() : argument.dump());
    }
    for (const auto& variable : list_at(body, {"env"})) {
      const std::string name = text(variable, "name");
      if (name.empty() || name.find('=') != std::string::npos) refuse("a variable in 'exec.env' has no proper name");
      plugin.environment.emplace_back(name, text(variable, "value"));
    }
    const std::string mode = text(body, "interactiveMode");
    if (plugin.api_version != "client.authentication.k8s.io/v1" &&
        plugin.api_version != "client.authentication.k8s.io/v1beta1") {
      unsupported = fmt::format(
          "exec plugins of version '{}' are not supported, only client.authentication.k8s.io/v1 "
          "and v1beta1",
          harmless_text(plugin.api_version));
    } else if (mode == "Always") {
      unsupported = fmt::format("its plugin '{}' wants a terminal (interactiveMode: Always)", plugin.command);
    } else if (!mode.empty() && mode != "Never" && mode != "IfAvailable") {
      refuse("'exec.interactiveMode' is none of Never, IfAvailable and Always");
    }
    return plugin;
  }

  fs::path file_;
  fs::path folder_;
  std::string where_;
};

template <typename Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& entries) {
  std::vector<std::string> names;
  for (const auto& [name, value] : entries) names.push_back(name);
  return names;
}

template <typename Value>
const Value& require(const std::map<std::string, Value>& entries, const std::string& name, std::string_view what,
                     std::string_view in) {
  const auto found = entries.find(name);
  if (found != entries.end()) return found->second;
  std::string hint = did_you_mean(name, names_of(entries));
  if (hint.empty() && !entries.empty() && entries.size() <= 10) hint = "there are " + join_words(names_of(entries));
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot use {} '{}'{}: the kubeconfig does not have it", what, harmless_text(name), in),
              harmless_text(hint));
}

}  // namespace

Kubeconfig parse_kubeconfig(std::string_view text, const fs::path& file) {
  const json root = parse_yaml_document(text, file.native());
  if (root.is_null()) return {};  // an empty file is an empty configuration
  return Reader(file).read(root);
}

void merge_kubeconfig(Kubeconfig& first, const Kubeconfig& later) {
  first.clusters.insert(later.clusters.begin(), later.clusters.end());
  first.users.insert(later.users.begin(), later.users.end());
  first.contexts.insert(later.contexts.begin(), later.contexts.end());
  if (first.current_context.empty()) first.current_context = later.current_context;
}

Kubeconfig read_kubeconfigs(const std::vector<fs::path>& files) {
  Kubeconfig result;
  bool found = false;
  std::vector<std::string> names;
  for (const auto& file : files) {
    std::error_code error;
    names.push_back('\'' + file.native() + '\'');
    if (!fs::exists(file, error) && !error) continue;
    merge_kubeconfig(result, parse_kubeconfig(read_file(file, {kMostYamlBytes}), file));
    found = true;
  }
  if (!found) {
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot read a kubeconfig: {}",
                            names.empty() ? std::string("none is named") : join_words(names) + " does not exist"),
                "name one with --kubeconfig or KUBECONFIG");
  }
  return result;
}

std::vector<fs::path> kubeconfig_files(const std::string& kubeconfig_variable, const fs::path& home) {
  std::vector<fs::path> files;
  for (const auto name : split(std::string_view(kubeconfig_variable), ':')) {
    if (!name.empty()) files.emplace_back(name);
  }
  if (files.empty() && !home.empty()) files.push_back(home / ".kube/config");
  return files;
}

ChosenContext choose_context(const Kubeconfig& kubeconfig, const std::string& context) {
  ChosenContext chosen{.name = context.empty() ? kubeconfig.current_context : context};
  if (chosen.name.empty()) {
    throw Error(ErrorKind::NotFound, "cannot choose a cluster: the kubeconfig has no current context",
                kubeconfig.contexts.empty()
                    ? std::string("it has no contexts at all")
                    : harmless_text("name one of " + join_words(names_of(kubeconfig.contexts), "or")));
  }
  const auto& entry = require(kubeconfig.contexts, chosen.name, "context", "");
  const std::string in = fmt::format(" of context '{}'", harmless_text(chosen.name));
  chosen.cluster = require(kubeconfig.clusters, entry.cluster, "cluster", in);
  chosen.user_name = entry.user;
  if (!entry.user.empty()) chosen.user = require(kubeconfig.users, entry.user, "user", in);
  chosen.space = entry.space.empty() ? "default" : entry.space;
  if (chosen.cluster.server.empty()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use cluster '{}': it has no server", harmless_text(entry.cluster)));
  }
  if (!chosen.user.unsupported.empty()) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use user '{}': {}", harmless_text(entry.user), chosen.user.unsupported));
  }
  return chosen;
}

}  // namespace keelson::kube
