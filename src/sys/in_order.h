/// Independent pieces of work, done by as many threads as the machine has, their results taken one after the other.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "sys/parallel.h"

namespace keelson {

/// Promise: `take` sees the results in order, in the thread that asked, and what it sees does not depend on how many
/// threads there are. No more than a few results for each thread are kept. What `make` throws is thrown when its result
/// would be taken; what `take` throws, at once; in both cases nothing else is taken.
/// @param make called once for each number below `count`, at the same time in several threads.
template <class Make, class Take>
void make_in_order(std::size_t count, Make make, Take take,
                   std::size_t threads = std::min<std::size_t>(hardware_threads(), 8)) {
  using Result = decltype(make(std::size_t{}));
  struct Slot {
    std::optional<Result> result;
    std::exception_ptr thrown;
  };
  if (threads <= 1 || count <= 1) {
    for (std::size_t i = 0; i < count; ++i) take(make(i));
    return;
  }
  std::vector<Slot> slots(threads * 4);
  std::size_t begun = 0;
  std::size_t taken = 0;
  std::mutex mutex;
  std::condition_variable changed;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return begun >= count || begun < taken + slots.size(); });
      if (begun >= count) return;
      const std::size_t number = begun++;
      lock.unlock();
      Slot made;
      try {
        made.result.emplace(make(number));
      } catch (...) {
        made.thrown = std::current_exception();
      }
      lock.lock();
      slots[number % slots.size()] = std::move(made);
      changed.notify_all();
    }
  };
  struct Crew {
    std::mutex& mutex;
    std::condition_variable& changed;
    std::size_t& begun;
    const std::size_t count;
    std::vector<std::thread> threads{};
    ~Crew() {
      {
        const std::lock_guard lock(mutex);
        begun = count;
      }
      changed.notify_all();
      for (auto& thread : threads) thread.join();
    }
  } crew{mutex, changed, begun, count};
  for (std::size_t i = 0; i < std::min(threads, count); ++i) crew.threads.emplace_back(work);
  for (std::size_t i = 0; i < count; ++i) {
    Slot& slot = slots[i % slots.size()];
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return slot.result || slot.thrown != nullptr; });
    Slot made = std::exchange(slot, {});
    taken = i + 1;
    lock.unlock();
    changed.notify_all();
    if (made.thrown != nullptr) std::rethrow_exception(made.thrown);
    take(std::move(*made.result));
  }
}

}  // namespace keelson
