#include "fleet/lifecycle/resolve.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "fleet/lifecycle/node_image.h"

namespace keelson::fleet::lifecycle {

namespace {

constexpr int kMostSteps = 100;

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// A condition that the pool is known to break; what is not told breaks nothing.
bool rules_out(const std::vector<std::string>& architectures, const PoolFacts& pool) {
  return !architectures.empty() && !pool.architecture.empty() && !contains(architectures, pool.architecture);
}
bool rules_out(const std::optional<bool>& wanted, const std::optional<bool>& told) {
  return wanted && told && *wanted != *told;
}

using Images = std::vector<const Image*>;

template <class Keep>
Images keep(const Images& images, Keep keeps) {
  Images kept;
  std::copy_if(images.begin(), images.end(), std::back_inserter(kept), keeps);
  return kept;
}

Images images_of_sku(const Lifecycle& data, const PoolFacts& pool) {
  Images found;
  for (const auto& image : data.images) {
    if ((pool.platform.empty() || image.platform == pool.platform) && contains(image.skus, pool.sku)) {
      found.push_back(&image);
    }
  }
  return found;
}

std::string unknown_sku(const Lifecycle& data, const PoolFacts& pool) {
  if (pool.sku.empty()) return "its SKU is not known";
  std::vector<std::string> known;
  for (const auto& image : data.images) {
    if (!pool.platform.empty() && image.platform != pool.platform) continue;
    known.insert(known.end(), image.skus.begin(), image.skus.end());
  }
  const std::string advice = did_you_mean(pool.sku, known);
  return fmt::format("the lifecycle data has no SKU '{}'{}{}", pool.sku, advice.empty() ? "" : "; ", advice);
}

std::string ranges_of(const Images& images) {
  std::vector<std::string> ranges;
  for (const auto* image : images) {
    if (!contains(ranges, image->kubernetes.text())) ranges.push_back(image->kubernetes.text());
  }
  return join_words(ranges);
}

std::string_view yes_no(bool value) { return value ? "with" : "without"; }

/// The name of what keeps two images apart that both fit: the fact to ask for.
std::string what_decides(const Images& images) {
  const auto differ = [&](auto of) {
    return std::any_of(images.begin(), images.end(), [&](const Image* each) { return of(*each) != of(*images[0]); });
  };
  std::vector<std::string> facts;
  if (differ([](const Image& image) { return image.fips; })) facts.emplace_back("FIPS");
  if (differ([](const Image& image) { return image.secure_boot; })) facts.emplace_back("secure boot");
  if (differ([](const Image& image) { return image.architectures; })) facts.emplace_back("architecture");
  if (differ([](const Image& image) { return image.platform; })) facts.emplace_back("platform");
  return facts.empty() ? "nothing that the data tells" : join_words(facts, "or");
}

/// The platform's own clock. That of upstream stands in where it has told none, but not for those who pay for longer
/// support: theirs ends on another day, and which is then not known.
const KubernetesClock* clock_of(const Lifecycle& data, KubernetesMinor kubernetes, const PoolFacts& pool) {
  const KubernetesClock* own = data.find_clock(kubernetes, pool.platform);
  if (pool.long_term_support || (own != nullptr && own->end_of_life)) return own;
  return data.find_clock(kubernetes, "upstream");
}

Resolution no_image(std::string reason) {
  Resolution none;
  none.reason = std::move(reason);
  return none;
}

}  // namespace

Resolution resolve(const Lifecycle& data, const PoolFacts& pool, KubernetesMinor kubernetes) {
  const Images named = images_of_sku(data, pool);
  if (named.empty()) return no_image(unknown_sku(data, pool));
  const Images timely = keep(named, [&](const Image* each) { return each->kubernetes.contains(kubernetes); });
  if (timely.empty()) {
    return no_image(fmt::format("SKU '{}' has no image for Kubernetes {}; there are some for {}", pool.sku,
                                kubernetes.text(), ranges_of(named)));
  }
  const Images built = keep(timely, [&](const Image* each) { return !rules_out(each->architectures, pool); });
  if (built.empty()) {
    return no_image(fmt::format("SKU '{}' has no image for {} under Kubernetes {}", pool.sku, pool.architecture,
                                kubernetes.text()));
  }
  const Images safe = keep(built, [&](const Image* each) { return !rules_out(each->fips, pool.fips); });
  if (safe.empty()) {
    return no_image(fmt::format("SKU '{}' has no image {} FIPS under Kubernetes {}", pool.sku, yes_no(*pool.fips),
                                kubernetes.text()));
  }
  const Images left = keep(safe, [&](const Image* each) { return !rules_out(each->secure_boot, pool.secure_boot); });
  if (left.empty()) {
    return no_image(fmt::format("SKU '{}' has no image {} secure boot under Kubernetes {}", pool.sku,
                                yes_no(*pool.secure_boot), kubernetes.text()));
  }
  Resolution found;
  found.stream = data.find_stream(left.front()->stream);
  if (left.size() == 1) {
    found.image = left.front();
    return found;
  }
  const bool one_stream =
      std::all_of(left.begin(), left.end(), [&](const Image* each) { return each->stream == left[0]->stream; });
  if (!one_stream) found.stream = nullptr;
  found.reason = fmt::format("{} images of SKU '{}' fit under Kubernetes {}; what decides is {}", left.size(), pool.sku,
                             kubernetes.text(), what_decides(left));
  found.candidates = left;
  return found;
}

const Stream* find_running(const Lifecycle& data, const PoolFacts& pool) {
  if (const auto name = parse_node_image(pool.node_image)) {
    for (const auto& image : data.images) {
      const bool fits = std::any_of(image.names.begin(), image.names.end(),
                                    [&](const std::string& begin) { return name->stem().starts_with(begin); });
      if (fits) return data.find_stream(image.stream);
    }
  }
  const Stream* best = nullptr;
  std::size_t best_length = 0;
  for (const auto& stream : data.streams) {
    // A platform's own clock is only for those on it, and for them goes before the maker's.
    if (!stream.platform.empty() && stream.platform != pool.platform) continue;
    for (const auto& begin : stream.os_images) {
      if (!pool.os_image.starts_with(begin)) continue;
      const std::size_t length = 2 * begin.size() + (stream.platform.empty() ? 0 : 1);
      if (length > best_length) {
        best = &stream;
        best_length = length;
      }
    }
  }
  return best;
}

std::vector<const Refusal*> find_refusals(const Lifecycle& data, const PoolFacts& pool, const Stream* stream,
                                          KubernetesMinor kubernetes) {
  std::vector<const Refusal*> found;
  if (stream == nullptr) return found;
  for (const auto& refusal : data.refusals) {
    const bool hits = contains(refusal.streams, stream->id) &&
                      (refusal.platform.empty() || refusal.platform == pool.platform) &&
                      refusal.kubernetes.contains(kubernetes) &&
                      (refusal.architectures.empty() || contains(refusal.architectures, pool.architecture)) &&
                      (!refusal.fips || refusal.fips == pool.fips) &&
                      (!refusal.secure_boot || refusal.secure_boot == pool.secure_boot);
    if (hits) found.push_back(&refusal);
  }
  return found;
}

Deadline deadline_of(const Lifecycle& data, const Stream* stream, const std::optional<KubernetesMinor>& kubernetes,
                     const PoolFacts& pool) {
  Deadline deadline;
  if (stream != nullptr) {
    deadline.operating_system = stream->end_of_life;
    deadline.images_removed = stream->images_removed;
  }
  if (const KubernetesClock* clock = kubernetes ? clock_of(data, *kubernetes, pool) : nullptr) {
    deadline.kubernetes = pool.long_term_support ? clock->long_term_support : clock->end_of_life;
    if (deadline.kubernetes) deadline.kubernetes_platform = clock->platform;
  }
  const bool kubernetes_first = deadline.kubernetes && (!deadline.operating_system ||
                                                        deadline.kubernetes->last < deadline.operating_system->last);
  deadline.first = kubernetes_first ? Clock::Kubernetes : Clock::OperatingSystem;
  deadline.day = kubernetes_first ? deadline.kubernetes : deadline.operating_system;
  return deadline;
}

Change change_between(const Lifecycle& data, const PoolFacts& pool, KubernetesMinor from, KubernetesMinor to) {
  Change change;
  const Resolution before = resolve(data, pool, from);
  change.at = from;
  change.from = before.stream;
  if (before.stream == nullptr) {
    change.text = before.reason;
    return change;
  }
  if (to.major != from.major || to < from || to.minor - from.minor > kMostSteps) {
    change.text = fmt::format("there is no way up from Kubernetes {} to {}", from.text(), to.text());
    return change;
  }
  change.kind = Change::Kind::Same;
  change.to = change.from;
  for (KubernetesMinor at{from.major, from.minor + 1}; at <= to; ++at.minor) {
    const Resolution here = resolve(data, pool, at);
    if (here.stream == nullptr) {
      change.kind = here.candidates.empty() ? Change::Kind::NotOffered : Change::Kind::NotKnown;
      change.at = at;
      change.to = nullptr;
      change.text = here.reason;
      return change;
    }
    if (here.stream == change.to) continue;
    const bool first = change.kind == Change::Kind::Same;
    if (first) change.at = at;
    change.text += first ? fmt::format("changes its operating system from {} to {} at Kubernetes {}",
                                       change.from->name(), here.stream->name(), at.text())
                         : fmt::format(", and to {} at {}", here.stream->name(), at.text());
    change.kind = Change::Kind::OperatingSystem;
    change.to = here.stream;
  }
  if (change.kind == Change::Kind::Same) change.text = fmt::format("stays on {}", change.from->name());
  return change;
}

}  // namespace keelson::fleet::lifecycle
