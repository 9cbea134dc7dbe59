/// What the operating system of a node is by SKU and version of Kubernetes, and until when both are supported: the
/// data of data/lifecycle.yaml as a value. Shape of the file: schema/lifecycle.schema.json,
/// docs/reference/lifecycle.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/lifecycle/day.h"
#include "fleet/lifecycle/kubernetes_version.h"

namespace keelson::fleet::lifecycle {

/// Where an entry comes from. Never empty: what nobody said is not in the data.
struct Origin {
  std::string source;
  Day as_of;         ///< of the document, or of reading it
  std::string note;  ///< what else documents say, and where they contradict each other; often ""
};

/// From and to are both within; an end that is absent is open.
struct KubernetesRange {
  std::optional<KubernetesMinor> from;
  std::optional<KubernetesMinor> to;

  bool contains(KubernetesMinor version) const;
  std::string text() const;  ///< "1.26 to 1.31", "1.32 and later", "all"
  bool operator==(const KubernetesRange&) const = default;
};

/// Until when somebody mends a version of Kubernetes.
struct KubernetesClock {
  KubernetesMinor version;
  std::string platform;  ///< "upstream", or who supports it for another time: "aks"
  std::optional<Day> end_of_life;
  std::optional<Day> long_term_support;  ///< for those who pay for it
  Origin origin;
};

/// An operating system that ages as one.
struct Stream {
  std::string id;  ///< "azure-linux-3"
  std::string os;
  std::string version;                 ///< "3.0"; "" when it has none
  std::string platform;                ///< whose clock this is; "": its maker's
  std::vector<std::string> os_images;  ///< what status.nodeInfo.osImage begins with
  std::optional<Day> end_of_life;
  std::optional<Day> long_term_support;
  std::optional<Day> images_removed;  ///< from then on a pool can't grow
  std::string last_image;             ///< version of the last one made
  Origin origin;

  std::string name() const { return version.empty() ? os : os + ' ' + version; }
};

/// Which image a SKU means. A condition that is absent holds for everything.
struct Image {
  std::string platform;  ///< "aks", "keelson"
  std::vector<std::string> skus;
  KubernetesRange kubernetes;
  std::vector<std::string> architectures;
  std::optional<bool> fips;
  std::optional<bool> secure_boot;
  std::string stream;
  std::vector<std::string> names;  ///< what the names of its images begin with
  Origin origin;
};

/// A combination that is refused.
struct Refusal {
  std::vector<std::string> streams;
  std::string platform;  ///< "": on all
  KubernetesRange kubernetes;
  std::vector<std::string> architectures;
  std::optional<bool> fips;
  std::optional<bool> secure_boot;
  std::string why;
  Origin origin;
};

struct Lifecycle {
  std::vector<KubernetesClock> kubernetes;
  std::vector<Stream> streams;
  std::vector<Image> images;
  std::vector<Refusal> refusals;

  const Stream* find_stream(std::string_view id) const;
  const KubernetesClock* find_clock(KubernetesMinor version, std::string_view platform) const;
};

/// @param text untrusted: at most 4 MiB and 2,000 entries a list. @param name of the file, for errors.
/// @throws Error(BadInput) with every mistake, each with line and column.
Lifecycle parse_lifecycle(std::string_view text, std::string_view name);

}  // namespace keelson::fleet::lifecycle
