/// Versions of Kubernetes and the distance between them.
/// Source: Semantic Versioning 2.0.0; Kubernetes "Version Skew Policy".
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace keelson::fleet::lifecycle {

/// What decides about support: major and minor.
struct KubernetesMinor {
  int major = 0;
  int minor = 0;

  auto operator<=>(const KubernetesMinor&) const = default;
  std::string text() const;  ///< "1.32"
};

struct KubernetesVersion {
  KubernetesMinor release;
  int patch = -1;      ///< -1: not told, before every patch
  std::string suffix;  ///< "-eks-5d6d9f3", "-alpha.1", "+k3s1": what stands behind the numbers; does not compare

  bool operator==(const KubernetesVersion& other) const { return (*this <=> other) == 0; }
  std::strong_ordering operator<=>(const KubernetesVersion& other) const;
  std::string text() const;
};

/// "v1.32.4", "1.32", "1.32.4-eks-5d6d9f3", "v1.31.2+k3s1". @param text untrusted; nothing for any other text.
std::optional<KubernetesVersion> parse_kubernetes_version(std::string_view text);

/// How many minors a kubelet may be behind its API server: 3, and 2 for a server before 1.28.
int most_skew(KubernetesMinor server);

/// What is wrong with a kubelet of this version under this API server; "" when it is supported.
std::string skew_fault(KubernetesMinor kubelet, KubernetesMinor server);

}  // namespace keelson::fleet::lifecycle
