#include "fleet/inventory/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "fleet/lifecycle/node_image.h"

namespace keelson::fleet {

namespace {

using lifecycle::KubernetesMinor;
using lifecycle::parse_kubernetes_version;

class Judge {
 public:
  Judge(GatheredPool& gathered, const InventoryRequest& request,
        const std::optional<lifecycle::KubernetesVersion>& server)
      : pool_(gathered.pool), facts_(gathered.facts), request_(request), server_(server) {}

  void judge() {
    judge_nodes();
    judge_mixture();
    judge_kubelets();
    name_system();
    if (request_.lifecycle != nullptr) judge_lifecycle(*request_.lifecycle);
    std::stable_sort(pool_.findings.begin(), pool_.findings.end(),
                     [](const PoolFinding& a, const PoolFinding& b) { return a.concern < b.concern; });
  }

 private:
  void find(Concern concern, std::string code, std::string text) {
    pool_.findings.push_back({concern, std::move(code), std::move(text)});
  }

  void judge_nodes() {
    const std::size_t away = pool_.nodes - pool_.ready;
    if (away > 0) find(Concern::Warning, "not-ready", fmt::format("{} of {} nodes not ready", away, pool_.nodes));
    if (pool_.cordoned > 0) {
      find(Concern::Note, "cordoned", fmt::format("{} of {} nodes cordoned", pool_.cordoned, pool_.nodes));
    }
    if (!pool_.count || request_.cluster == nullptr) return;
    if (*pool_.count >= 0 && static_cast<std::size_t>(*pool_.count) == pool_.nodes) return;
    find(Concern::Warning, "count-differs",
         fmt::format("Azure says {} node{}, the cluster has {}", *pool_.count, *pool_.count == 1 ? "" : "s",
                     pool_.nodes));
  }

  void judge_mixture() {
    const auto mixed = [&](const Tally& tally, const char* what) {
      if (tally.size() < 2) return;
      find(Concern::Warning, fmt::format("mixed-{}", what),
           fmt::format("{} differ within the pool: {}", plural(what), listed(tally)));
    };
    mixed(pool_.kubelets, "kubelet");
    mixed(pool_.os_images, "os");
    mixed(pool_.node_images, "image");
    mixed(pool_.kernels, "kernel");
    mixed(pool_.runtimes, "runtime");
    mixed(pool_.architectures, "architecture");
  }

  static std::string plural(std::string_view what) {
    if (what == "os") return "operating systems";
    if (what == "image") return "node images";
    return std::string(what) + "s";
  }

  static std::string listed(const Tally& tally) {
    constexpr std::size_t kShown = 4;
    std::vector<std::string> parts;
    for (const auto& [value, nodes] : tally) {
      if (parts.size() == kShown) break;
      parts.push_back(fmt::format("{} ×{}", value, nodes));
    }
    if (tally.size() > kShown) parts.push_back(fmt::format("{} more", tally.size() - kShown));
    return join_words(parts);
  }

  void judge_kubelets() {
    std::set<KubernetesMinor> minors;
    for (const auto& [text, nodes] : pool_.kubelets) {
      if (const auto version = parse_kubernetes_version(text)) {
        minors.insert(version->release);
      } else {
        find(Concern::Warning, "kubelet-unknown", fmt::format("'{}' is no version of Kubernetes", text));
      }
    }
    if (minors.empty()) return;
    pool_.kubernetes = *minors.begin();
    for (const auto& minor : minors) {
      const std::string now = server_ ? lifecycle::skew_fault(minor, server_->release) : "";
      if (!now.empty()) find(Concern::Problem, "kubelet-skew", now);
      if (!request_.target || !now.empty()) continue;
      const std::string then = lifecycle::skew_fault(minor, *request_.target);
      if (!then.empty()) find(Concern::Problem, "kubelet-skew-at-target", then);
    }
  }

  void name_system() {
    pool_.runs = pool_.os_images.size() > 1 ? fmt::format("{} and others", facts_.os_image) : facts_.os_image;
  }

  void judge_lifecycle(const lifecycle::Lifecycle& data) {
    const lifecycle::Stream* runs = lifecycle::find_running(data, facts_);
    // AKS gives confidential machines other systems for the same SKU, and what it says of that the data does not hold.
    const auto image = lifecycle::parse_node_image(facts_.node_image);
    if (image && image->confidential) {
      find(Concern::Note, "confidential", "what its SKU means for confidential machines is not in the lifecycle data");
    } else if (pool_.kubernetes) {
      const auto meant = lifecycle::resolve(data, facts_, *pool_.kubernetes);
      if (meant.stream != nullptr) pool_.meant = meant.stream->name();
      // A variant that nodes do not tell from what it is made of (OS Guard calls itself Azure Linux) is known by its
      // SKU.
      if (meant.stream != nullptr && (runs == nullptr || meant.stream->os_images.empty())) runs = meant.stream;
      judge_sku(meant, runs);
      for (const auto* refusal : lifecycle::find_refusals(data, facts_, runs, *pool_.kubernetes)) {
        find(Concern::Problem, "unsupported", refusal->why);
      }
      if (request_.target) judge_target(data);
    }
    if (runs != nullptr && pool_.os_images.size() < 2) pool_.runs = runs->name();
    pool_.deadline = lifecycle::deadline_of(data, runs, pool_.kubernetes, facts_);
    judge_deadline(runs);
  }

  void judge_sku(const lifecycle::Resolution& meant, const lifecycle::Stream* runs) {
    if (facts_.sku.empty()) return;
    if (meant.stream == nullptr) {
      find(meant.candidates.empty() ? Concern::Problem : Concern::Note,
           meant.candidates.empty() ? "no-image" : "image-ambiguous", meant.reason);
      return;
    }
    if (runs == nullptr || runs->name() == meant.stream->name()) return;
    find(Concern::Warning, "not-what-sku-means",
         fmt::format("runs {}, but SKU '{}' means {} under Kubernetes {}", runs->name(), facts_.sku,
                     meant.stream->name(), pool_.kubernetes->text()));
  }

  void judge_target(const lifecycle::Lifecycle& data) {
    if (facts_.sku.empty()) return;
    lifecycle::Change change = lifecycle::change_between(data, facts_, *pool_.kubernetes, *request_.target);
    using Kind = lifecycle::Change::Kind;
    if (change.kind == Kind::OperatingSystem) find(Concern::Warning, "changes-system", change.text);
    if (change.kind == Kind::NotOffered) {
      find(Concern::Problem, "not-offered-at-target", change.text + ": it needs another SKU first");
    }
    if (change.kind == Kind::NotKnown) find(Concern::Note, "change-not-known", change.text);
    if (change.to != nullptr) {
      pool_.becomes = change.to->name();
      for (const auto* refusal : lifecycle::find_refusals(data, facts_, change.to, *request_.target)) {
        find(Concern::Problem, "unsupported-at-target",
             fmt::format("under Kubernetes {}: {}", request_.target->text(), refusal->why));
      }
    }
    change.from = nullptr;  // a value refers to nothing
    change.to = nullptr;
    pool_.change = std::move(change);
  }

  void judge_deadline(const lifecycle::Stream* stream) {
    judge_clock(pool_.deadline.operating_system, stream == nullptr ? "" : stream->name());
    const std::string kubernetes = pool_.kubernetes ? "Kubernetes " + pool_.kubernetes->text() : "";
    if (is_managed() && pool_.deadline.kubernetes_platform == "upstream") {
      judge_foreign_clock(*pool_.deadline.kubernetes, kubernetes);
    } else {
      judge_clock(pool_.deadline.kubernetes, kubernetes);
    }
    if (const auto& removed = pool_.deadline.images_removed) {
      if (removed->last < request_.today) {
        find(Concern::Problem, "images-removed",
             fmt::format("the images of {} are gone since {}: the pool can't grow", stream->name(), removed->text));
      } else {
        find(Concern::Note, "images-removed-on",
             fmt::format("the images of {} go away on {}", stream->name(), removed->text));
      }
    }
    if (stream == nullptr) {
      find(Concern::Note, "system-not-known", "the lifecycle data does not know its operating system");
    } else if (!pool_.deadline.operating_system) {
      find(Concern::Note, "end-not-known", fmt::format("when {} ends is not known", stream->name()));
    }
    if (pool_.kubernetes && !pool_.deadline.kubernetes) {
      find(Concern::Note, "end-not-known", fmt::format("when {} ends is not known", kubernetes));
    }
  }

  /// Somebody else supports its Kubernetes, for a time of their own.
  bool is_managed() const { return facts_.platform == "aks" || facts_.platform == "eks" || facts_.platform == "gke"; }

  void judge_foreign_clock(const lifecycle::Day& end, const std::string& what) {
    if (end.last >= request_.today + request_.soon) return;
    find(Concern::Warning, "upstream-ended",
         fmt::format("upstream mends {} until {}; until when {} does is not known", what, end.text, facts_.platform));
  }

  void judge_clock(const std::optional<lifecycle::Day>& end, const std::string& what) {
    if (!end) return;
    if (end->last < request_.today) {
      find(Concern::Problem, "end-of-life", fmt::format("{} is out of support since {}", what, end->text));
    } else if (end->last - request_.today <= request_.soon) {
      find(Concern::Warning, "ends-soon",
           fmt::format("{} ends on {}, in {} days", what, end->text, (end->last - request_.today).count()));
    }
  }

  InventoryPool& pool_;
  const lifecycle::PoolFacts& facts_;
  const InventoryRequest& request_;
  const std::optional<lifecycle::KubernetesVersion>& server_;
};

}  // namespace

void judge_pool(GatheredPool& gathered, const InventoryRequest& request,
                const std::optional<lifecycle::KubernetesVersion>& server) {
  Judge(gathered, request, server).judge();
}

}  // namespace keelson::fleet
