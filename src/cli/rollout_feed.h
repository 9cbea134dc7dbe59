/// The rollouts (and pools) of a live cluster as they are now, kept by the API's watch, for verbs that stay and look.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "fleet/view/fleet_view.h"
#include "kube/reflector.h"

namespace keelson::cli {

/// Promise: what look() shows is a state that the server had. Threads of its own watch; they end with it.
class RolloutFeed final : public kube::ChangeListener {
 public:
  /// @param only the rollout that is asked for; "": all of them, and the pools.
  /// @param wake called from its threads when there may be something new. Both must outlive it.
  RolloutFeed(kube::Api& api, const std::string& only, std::function<void()> wake);
  RolloutFeed(const RolloutFeed&) = delete;
  RolloutFeed& operator=(const RolloutFeed&) = delete;
  ~RolloutFeed() override;

  bool is_synced() const;
  /// @throws what makes watching pointless: the server forbids it, or does not have the resources.
  fleet::view::FleetView look();
  /// What went wrong on the way and may pass, since it was asked for the last time; "" for nothing.
  std::string take_complaint();

 private:
  struct Source;
  void changed(const kube::Change& change) override;
  void synced() override;
  void complain(Source& source, const Error& error);

  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::string complaint_;
  std::exception_ptr fatal_;
  std::map<std::string, fleet::view::RolloutView> seen_;  ///< by name: those of the last look, for the next one
  std::vector<std::unique_ptr<Source>> sources_;          ///< rollouts, then pools; the threads end first
};

}  // namespace keelson::cli
