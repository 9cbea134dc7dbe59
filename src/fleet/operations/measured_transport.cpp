#include "fleet/operations/measured_transport.h"

#include <fmt/format.h>

namespace keelson::fleet {

namespace {

// The controller asks for about twenty; a back end's configuration can name others.
constexpr std::size_t kMostResources = 64;
constexpr std::size_t kMostWatches = 1024;

}  // namespace

MeasuredTransport::MeasuredTransport(kube::Transport& inner, ControllerMetrics& metrics, const kube::Clock& clock)
    : inner_(inner), metrics_(metrics), clock_(clock) {}

kube::Response MeasuredTransport::send(const kube::Request& request, const std::stop_token& stop) {
  const auto labels = labels_for(request);
  const auto began = clock_.now();
  try {
    auto response = inner_.send(request, stop);
    metrics_.api_request_seconds.observe(std::chrono::duration<double>(clock_.now() - began).count(), labels.verb);
    count(labels, response.status);
    return response;
  } catch (...) {
    count_error(labels);
    throw;
  }
}

kube::Streamed MeasuredTransport::stream(const kube::Request& request, std::chrono::milliseconds idle,
                                         const std::function<bool(std::string_view)>& take,
                                         const std::stop_token& stop) {
  const auto labels = labels_for(request);
  note_watch(request, labels);
  bool counted = false;
  const auto counting = [&](std::string_view chunk) {
    if (!counted) count(labels, 200);  // only a 200 is handed over
    counted = true;
    return take(chunk);
  };
  try {
    auto streamed = inner_.stream(request, idle, counting, stop);
    // 0: it was stopped, or fell silent, before the server said anything.
    if (!counted && streamed.response.status != 0) count(labels, streamed.response.status);
    if (!counted && streamed.response.status == 0) count_error(labels);
    return streamed;
  } catch (...) {
    if (!counted) count_error(labels);
    throw;
  }
}

RequestLabels MeasuredTransport::labels_for(const kube::Request& request) {
  auto labels = request_labels(request);
  const std::lock_guard lock(mutex_);
  if (resources_.contains(labels.resource)) return labels;
  if (resources_.size() < kMostResources) {
    resources_.insert(labels.resource);
  } else {
    labels.resource = "other";
  }
  return labels;
}

void MeasuredTransport::count(const RequestLabels& labels, int status) {
  const bool possible = status >= 100 && status <= 599;
  metrics_.api_requests.count(labels.verb, labels.resource, possible ? fmt::format("{}", status) : "other");
}

void MeasuredTransport::count_error(const RequestLabels& labels) {
  metrics_.api_requests.count(labels.verb, labels.resource, "error");
}

void MeasuredTransport::note_watch(const kube::Request& request, const RequestLabels& labels) {
  if (labels.verb != "watch") return;
  const std::lock_guard lock(mutex_);
  if (watched_.contains(request.path)) {
    metrics_.watch_restarts.count(labels.resource);
  } else if (watched_.size() < kMostWatches) {
    watched_.insert(request.path);
    metrics_.watch_restarts.add_amount(0, labels.resource);
  }
}

}  // namespace keelson::fleet
