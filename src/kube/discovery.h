/// What an API server serves: versions of groups, resources, its own version. Asked once and kept.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kube/api.h"

namespace keelson::kube {

/// One entry of a group version's resource list.
struct ServedResource {
  std::string name;  ///< "pods", "pods/eviction"
  std::string kind;
  bool namespaced = false;
  std::string group;    ///< of the kind, where it is another than the list's: an eviction's is "policy"
  std::string version;  ///< likewise
  std::vector<std::string> verbs;
};

struct ServerVersion {
  std::string text;  ///< "v1.32.3"
  unsigned major = 0;
  unsigned minor = 0;  ///< "20+" is 20
};

/// Safe for several threads. Only good answers are kept: a group whose server is away is asked again.
class Discovery {
 public:
  /// @param api must outlive it.
  explicit Discovery(Api& api) : api_(api) {}

  /// @throws as Api does; so do all below.
  ServerVersion version(const std::stop_token& stop = {});
  /// The group's versions, the preferred first; empty when the group is not served.
  std::vector<std::string> versions(const std::string& group, const std::stop_token& stop = {});
  /// Nothing when that version does not have it. @param version of a group that is served or not.
  std::optional<ServedResource> find(const std::string& group, const std::string& version, const std::string& name,
                                     const std::stop_token& stop = {});
  /// The first of these versions that serves the resource, complete; nothing when none does.
  std::optional<Resource> choose(const std::string& group, const std::vector<std::string>& wanted,
                                 const std::string& plural, const std::stop_token& stop = {});
  /// After resources were installed, or the server was upgraded.
  void forget();

 private:
  json ask(const std::string& path, const std::string& what, const std::stop_token& stop);

  Api& api_;
  std::mutex mutex_;
  std::optional<ServerVersion> version_;
  std::optional<std::map<std::string, std::vector<std::string>>> groups_;
  std::map<std::string, std::vector<ServedResource>> resources_;  // by "group/version"; empty: not served
};

}  // namespace keelson::kube
