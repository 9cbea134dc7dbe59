#include "cli/rollout_feed.h"

#include <atomic>

#include "cli/fleet_rollout_resources.h"
#include "fleet/resources/kinds.h"
#include "fleet/view/text.h"

namespace keelson::cli {

struct RolloutFeed::Source {
  Source(RolloutFeed& feed, kube::Api& api, kube::Resource resource, kube::ReflectorOptions options)
      : cache(&feed), reflector(api, std::move(resource), cache, with_complaints(feed, std::move(options))) {}
  kube::ReflectorOptions with_complaints(RolloutFeed& feed, kube::ReflectorOptions options) {
    options.complain = [this, &feed](const Error& error) { feed.complain(*this, error); };
    return options;
  }

  bool needed = true;  ///< without it there is nothing to show
  std::atomic<bool> denied = false;
  std::string why;  ///< it is denied; under the feed's mutex
  kube::ObjectCache cache;
  kube::Reflector reflector;
  std::jthread thread;
};

RolloutFeed::RolloutFeed(kube::Api& api, const std::string& only, std::function<void()> wake) : wake_(std::move(wake)) {
  kube::ListOptions list{.page = kResourcesPerPage, .trim = kube::drop_managed_fields};
  if (!only.empty()) list.field_selector = "metadata.name=" + only;
  sources_.push_back(
      std::make_unique<Source>(*this, api, fleet::node_rollouts(), kube::ReflectorOptions{.list = std::move(list)}));
  if (only.empty()) {
    sources_.push_back(std::make_unique<Source>(*this, api, fleet::node_pools(), kube::ReflectorOptions{}));
    sources_.back()->needed = false;  // who may only see rollouts sees those
  }
  for (auto& source : sources_)
    source->thread = std::jthread([&source = *source](const std::stop_token& stop) { source.reflector.run(stop); });
}

RolloutFeed::~RolloutFeed() {
  for (auto& source : sources_) source->thread.request_stop();
}

/// What a server denies now it denies the next time too; all else may pass.
void RolloutFeed::complain(Source& source, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    complaint_ = error.message();
    const bool lasts = error.kind() == ErrorKind::Refused || error.kind() == ErrorKind::NotFound;
    const auto* told = dynamic_cast<const kube::ApiError*>(&error);
    if (lasts && told != nullptr && source.needed && !fatal_) fatal_ = std::make_exception_ptr(*told);
    if (lasts && told != nullptr) source.why = error.message();
    if (lasts && told != nullptr) source.denied = true;
  }
  wake_();
}

void RolloutFeed::changed(const kube::Change&) { wake_(); }
void RolloutFeed::synced() { wake_(); }

bool RolloutFeed::is_synced() const {
  for (const auto& source : sources_) {
    if (!source->cache.is_synced() && !source->denied) return false;
  }
  return true;
}

fleet::view::FleetView RolloutFeed::look() {
  std::exception_ptr fatal;
  {
    const std::lock_guard lock(mutex_);
    fatal = fatal_;
  }
  if (fatal) with_resource_hints([&fatal] { std::rethrow_exception(fatal); });
  std::map<std::string, fleet::view::RolloutView> fresh;
  for (const auto& object : sources_[0]->cache.all()) {
    const std::string name = kube::name_of(*object);
    const auto known = seen_.find(name);
    const bool same = known != seen_.end() && !known->second.resource_version.empty() &&
                      known->second.resource_version == kube::resource_version_of(*object) &&
                      known->second.uid == kube::uid_of(*object);
    fresh[name] = same ? std::move(known->second) : fleet::view::view_rollout(*object);
  }
  seen_ = std::move(fresh);
  std::vector<fleet::view::RolloutView> rollouts;
  for (const auto& [name, view] : seen_) rollouts.push_back(view);
  std::vector<fleet::view::PoolView> pools;
  if (sources_.size() > 1) {
    for (const auto& object : sources_[1]->cache.all()) pools.push_back(fleet::view::view_pool(*object));
  }
  auto view = fleet::view::view_fleet(std::move(pools), std::move(rollouts));
  const std::lock_guard lock(mutex_);
  if (sources_.size() > 1 && !sources_[1]->cache.is_synced()) view.pools_note = fleet::view::line_of(sources_[1]->why);
  return view;
}

std::string RolloutFeed::take_complaint() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaint_, {});
}

}  // namespace keelson::cli
