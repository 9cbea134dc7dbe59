/// A transport that counts and times what goes through another.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "fleet/operations/controller_metrics.h"
#include "fleet/operations/request_labels.h"
#include "kube/clock.h"
#include "kube/transport.h"

namespace keelson::fleet {

/// Promise: what comes out of it is what comes out of the other one, exceptions too; the number of series that it makes
/// is bounded, whatever is asked for. Safe for several threads if the other one is.
class MeasuredTransport final : public kube::Transport {
 public:
  /// All must outlive it.
  MeasuredTransport(kube::Transport& inner, ControllerMetrics& metrics, const kube::Clock& clock);

  kube::Response send(const kube::Request& request, const std::stop_token& stop = {}) override;
  /// Counted when its first bytes are there, or when it ends without any; not timed.
  kube::Streamed stream(const kube::Request& request, std::chrono::milliseconds idle,
                        const std::function<bool(std::string_view)>& take, const std::stop_token& stop = {}) override;

 private:
  RequestLabels labels_for(const kube::Request& request);
  void count(const RequestLabels& labels, int status);
  void count_error(const RequestLabels& labels);
  void note_watch(const kube::Request& request, const RequestLabels& labels);

  kube::Transport& inner_;
  ControllerMetrics& metrics_;
  const kube::Clock& clock_;
  std::mutex mutex_;
  std::set<std::string> resources_;  // that have series
  std::set<std::string> watched_;    // paths of watches that were begun
};

}  // namespace keelson::fleet
