/// Leader election on a Lease, and the token that proves to readers who was leader when something was written.
/// Source: coordination.k8s.io/v1; client-go's leaderelection for the durations and the rules of the fields.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "kube/api.h"

namespace keelson::kube {

/// Put into the annotations of what a leader changes: of two, the one with more transitions is the later leader's.
/// Kept in the Lease, so somebody who deletes the Lease begins the count anew.
struct FencingToken {
  std::int64_t transitions = 0;
  std::string holder;

  /// "17/holder"
  std::string text() const;
  /// Nothing for a text that is none.
  static std::optional<FencingToken> parse(std::string_view text);
  bool operator==(const FencingToken&) const = default;
};

struct LeaseOptions {
  std::string space;
  std::string name;
  std::string
      identity;  ///< unlike any other candidate's, and than one's own before a restart: pod name and a random part
  std::chrono::milliseconds lease_duration{15'000};  ///< others wait so long after the last renewal that they saw
  std::chrono::milliseconds renew_deadline{10'000};  ///< we believe in ours so long after the last that succeeded
  std::chrono::milliseconds retry_period{2'000};
  /// How often who waits looks at a lease that somebody holds: each look is a request, day and night. It looks in time
  /// for the lease's end all the same; one that is given back is seen this much later. Never less than retry_period.
  std::chrono::milliseconds waiting_period{0};
  std::function<void(const Error&)> complain = {};  ///< attempts that failed; the next one follows
};

/// Promises: is_leader() becomes false by itself `renew_deadline` after the beginning of the last renewal that
/// succeeded, before anybody who keeps the rules takes the lease, whatever becomes of the network or of this thread.
/// Only our own monotonic clock decides; times in the Lease are for people. The rest (lease_duration - renew_deadline)
/// is the room for clocks that run differently and for writes that are under way: give them a shorter deadline.
class LeaderElector {
 public:
  /// Takes the transport, clock and random numbers of `api`, which must outlive it, but not its rate limit and retries:
  /// a renewal must not wait behind other work, and one that hangs must leave time for another.
  /// @throws Error(BadInput) unless lease > renew > retry > 0.
  LeaderElector(Api& api, LeaseOptions options);

  /// One attempt to take or renew. @return when the next should be.
  Clock::Moment step(const std::stop_token& stop = {});
  /// Until stopped; then gives the lease back, so that the next leader need not wait.
  void run(const std::stop_token& stop);
  /// Lets go of the lease; at once not leader any more. Does nothing when not leader.
  void release();

  bool is_leader() const;
  /// Nothing unless leader.
  std::optional<FencingToken> token() const;
  /// Who holds the lease, as last seen; "" when nobody does.
  std::string holder() const;

 private:
  struct Seen {
    std::string version;  // of the Lease
    std::string holder;
    std::int64_t transitions = 0;
    std::chrono::milliseconds duration{};
    Clock::Moment since;  // when we first saw this version
  };

  void attempt(const std::stop_token& stop);
  void look(const std::optional<json>& lease);
  bool may_take(Clock::Moment now) const;
  void create(const std::stop_token& stop);
  void take(const std::stop_token& stop);
  void renew(const std::stop_token& stop);
  void write(const json& spec, Clock::Moment started, const std::stop_token& stop);
  void hold(const json& lease, Clock::Moment started);
  Clock::Moment next_attempt();
  json spec_now(std::int64_t transitions) const;

  Api api_;
  LeaseOptions options_;
  mutable std::mutex mutex_;
  std::optional<Seen> seen_;
  std::int64_t most_transitions_ = -1;  // ever seen
  bool holding_ = false;                // the Lease in seen_ is ours, by our own doing
  Clock::Moment leader_until_{};
};

}  // namespace keelson::kube
