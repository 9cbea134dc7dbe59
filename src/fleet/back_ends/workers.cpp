#include "fleet/back_ends/workers.h"

#include <algorithm>

namespace keelson::fleet {

Workers::Workers(std::size_t most_at_once, std::function<void(const Error&)> complain)
    : most_(std::max<std::size_t>(most_at_once, 1)), complain_(std::move(complain)) {}

Workers::~Workers() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (auto& [node, slot] : slots_) slot.stop.request_stop();
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (auto& thread : threads) thread.join();
}

void Workers::supersede_locked(Slot& slot, const std::string& operation) {
  if (!slot.running.empty() && slot.running != operation) slot.stop.request_stop();
  if (slot.next && slot.next->operation != operation) slot.next.reset();
}

void Workers::supersede(const std::string& node, const std::string& operation) {
  const std::lock_guard lock(mutex_);
  if (const auto found = slots_.find(node); found != slots_.end()) supersede_locked(found->second, operation);
}

void Workers::start(const std::string& node, const std::string& operation, Work work) {
  const std::lock_guard lock(mutex_);
  if (ending_) return;
  Slot& slot = slots_[node];
  supersede_locked(slot, operation);
  if (slot.ended == operation || slot.next) return;
  if (slot.running == operation && !slot.stop.stop_requested()) return;
  slot.next = Job{operation, std::move(work)};
  if (!slot.running.empty()) return;  // its thread goes on with it
  if (std::find(ready_.begin(), ready_.end(), node) == ready_.end()) ready_.push_back(node);
  if (idle_ == 0 && threads_.size() < most_) {
    threads_.emplace_back([this] { this->work(); });
  } else {
    changed_.notify_one();
  }
}

bool Workers::is_under_way(const std::string& operation) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(slots_.begin(), slots_.end(), [&](const auto& entry) {
    const Slot& slot = entry.second;
    return (slot.running == operation && !slot.stop.stop_requested()) ||
           (slot.next && slot.next->operation == operation);
  });
}

bool Workers::run(const Job& job, const std::stop_token& stop) noexcept {
  try {
    return job.work(stop);
  } catch (const Error& error) {
    if (complain_) complain_(error);
  } catch (const std::exception& error) {
    if (complain_) complain_(Error(ErrorKind::Internal, error.what()));
  }
  return false;
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return ending_ || !ready_.empty(); });
    --idle_;
    if (ending_) return;
    const std::string node = std::move(ready_.front());
    ready_.pop_front();
    Slot& slot = slots_.at(node);  // stays: a map's values don't move, and none is taken away
    if (!slot.next) continue;
    const Job job = std::move(*slot.next);
    slot.next.reset();
    slot.running = job.operation;
    slot.stop = std::stop_source();
    const std::stop_token stop = slot.stop.get_token();
    lock.unlock();
    const bool ended = run(job, stop);
    lock.lock();
    slot.running.clear();
    if (ended && !stop.stop_requested()) slot.ended = job.operation;
    if (slot.next) ready_.push_front(node);
  }
}

}  // namespace keelson::fleet
