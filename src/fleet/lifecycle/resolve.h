/// Questions to the lifecycle data: which image does a pool get, what does it run, by when must it move, and what
/// changes when the cluster goes to another version of Kubernetes.
///
/// All answers are values; pointers in them are into the Lifecycle, which must outlive them. What the data does not
/// tell is no answer ("not known"), never a guess.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/lifecycle/lifecycle.h"

namespace keelson::fleet::lifecycle {

/// What is known of a pool. "" and absent: not told.
struct PoolFacts {
  std::string platform;    ///< "aks", "keelson"
  std::string sku;         ///< "AzureLinux", "container-host"
  std::string node_image;  ///< "AKSAzureLinux-V3gen2-202508.20.0"
  std::string os_image;    ///< status.nodeInfo.osImage
  std::string architecture;
  std::optional<bool> fips;
  std::optional<bool> secure_boot;
  bool long_term_support = false;  ///< somebody pays for longer support of its Kubernetes version
};

struct Resolution {
  const Image* image = nullptr;  ///< the one entry that fits
  const Stream* stream = nullptr;
  std::vector<const Image*> candidates;  ///< when more than one fits
  std::string reason;                    ///< why there is not one; "" when there is
};

/// The image that a pool with this SKU gets under this version of Kubernetes.
Resolution resolve(const Lifecycle& data, const PoolFacts& pool, KubernetesMinor kubernetes);

/// The operating system that its nodes say they run: by the name of their image, else by what they call their system.
const Stream* find_running(const Lifecycle& data, const PoolFacts& pool);

/// The combinations that are refused and that this pool is one of. What is not told does not count against it.
std::vector<const Refusal*> find_refusals(const Lifecycle& data, const PoolFacts& pool, const Stream* stream,
                                          KubernetesMinor kubernetes);

enum class Clock { OperatingSystem, Kubernetes };

/// Both clocks, and which of them runs out first.
struct Deadline {
  std::optional<Day> operating_system;
  std::optional<Day> kubernetes;
  std::optional<Day> images_removed;
  std::string kubernetes_platform;  ///< whose clock that is; "" when there is none
  std::optional<Day> day;           ///< the earlier one; absent when neither is known
  Clock first = Clock::OperatingSystem;

  bool is_past(std::chrono::sys_days today) const { return day && day->last < today; }
};

/// @param platform whose support counts; where it has told no day, that of upstream stands in.
Deadline deadline_of(const Lifecycle& data, const Stream* stream, const std::optional<KubernetesMinor>& kubernetes,
                     const PoolFacts& pool);

/// What a pool becomes when its cluster goes from one version of Kubernetes to another.
struct Change {
  enum class Kind {
    Same,             ///< the same operating system
    OperatingSystem,  ///< another one, by the SKU it has
    NotOffered,       ///< no image for this SKU there: it needs another SKU first
    NotKnown,
  };
  Kind kind = Kind::NotKnown;
  const Stream* from = nullptr;
  const Stream* to = nullptr;
  KubernetesMinor at;  ///< the first version at which it happens
  std::string text;    ///< a sentence
};

/// Looks at every minor version on the way, as an upgrade has to. At most 100 of them.
Change change_between(const Lifecycle& data, const PoolFacts& pool, KubernetesMinor from, KubernetesMinor to);

}  // namespace keelson::fleet::lifecycle
