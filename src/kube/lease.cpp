#include "kube/lease.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/harmless_text.h"

namespace keelson::kube {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kManager = "keelson-leader-election";
constexpr std::int64_t kLongestLease = 3600;  // seconds; a Lease is everybody's to write who may

}  // namespace

std::string FencingToken::text() const { return fmt::format("{}/{}", transitions, holder); }

std::optional<FencingToken> FencingToken::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return std::nullopt;
  FencingToken token{.holder = std::string(text.substr(slash + 1))};
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, token.transitions);
  if (error != std::errc{} || end != text.data() + slash || token.transitions < 0) return std::nullopt;
  return token;
}

LeaderElector::LeaderElector(Api& api, LeaseOptions options)
    : api_(api.transport(), api.clock(),
           {.attempts = 1, .deadline = options.renew_deadline / 2, .random = [&api] { return api.random(); }}),
      options_(std::move(options)) {
  if (!(options_.lease_duration > options_.renew_deadline && options_.renew_deadline > options_.retry_period &&
        options_.retry_period > milliseconds::zero()) ||
      options_.lease_duration < std::chrono::seconds(1) || options_.identity.empty()) {
    throw Error(ErrorKind::BadInput,
                "cannot elect a leader: it needs an identity, and lease duration > renew deadline > retry period > 0");
  }
}

bool LeaderElector::is_leader() const {
  const std::lock_guard lock(mutex_);
  return holding_ && api_.clock().now() < leader_until_;
}

std::optional<FencingToken> LeaderElector::token() const {
  const std::lock_guard lock(mutex_);
  if (!holding_ || api_.clock().now() >= leader_until_) return std::nullopt;
  return FencingToken{.transitions = seen_->transitions, .holder = options_.identity};
}

std::string LeaderElector::holder() const {
  const std::lock_guard lock(mutex_);
  return seen_ ? seen_->holder : std::string();
}

void LeaderElector::look(const std::optional<json>& lease) {
  const std::lock_guard lock(mutex_);
  if (!lease) {
    seen_.reset();
    holding_ = false;
    return;
  }
  const std::string version = resource_version_of(*lease);
  if (seen_ && seen_->version == version) return;  // unchanged: it has been standing since we first saw it
  const auto seconds =
      std::clamp<std::int64_t>(number_at(*lease, {"spec", "leaseDurationSeconds"}).value_or(0), 0, kLongestLease);
  const bool was_holding = holding_;
  const std::int64_t before = seen_ ? seen_->transitions : -1;
  seen_ = Seen{.version = version,
               .holder = text_at(*lease, {"spec", "holderIdentity"}),
               .transitions = std::max<std::int64_t>(0, number_at(*lease, {"spec", "leaseTransitions"}).value_or(0)),
               .duration = std::chrono::seconds(seconds),
               .since = api_.clock().now()};
  most_transitions_ = std::max(most_transitions_, seen_->transitions);
  // Somebody may annotate our Lease without taking it; but another holder, or another's count, is a loss.
  holding_ = was_holding && seen_->holder == options_.identity && seen_->transitions == before;
}

bool LeaderElector::may_take(Clock::Moment now) const {
  // Our own name on a Lease that we did not write is another process's with the same identity: it gets its time, too.
  return seen_->holder.empty() || now >= seen_->since + std::max(seen_->duration, options_.lease_duration);
}

json LeaderElector::spec_now(std::int64_t transitions) const {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options_.lease_duration).count();
  return {{"holderIdentity", options_.identity},
          {"leaseDurationSeconds", seconds},
          {"renewTime", micro_time(api_.clock().wall())},
          {"leaseTransitions", transitions}};
}

void LeaderElector::hold(const json& lease, Clock::Moment started) {
  const std::lock_guard lock(mutex_);
  seen_ = Seen{.version = resource_version_of(lease),
               .holder = options_.identity,
               .transitions = number_at(lease, {"spec", "leaseTransitions"}).value_or(0),
               .duration = options_.lease_duration,
               .since = api_.clock().now()};
  most_transitions_ = std::max(most_transitions_, seen_->transitions);
  holding_ = true;
  leader_until_ = started + options_.renew_deadline;
}

void LeaderElector::create(const std::stop_token& stop) {
  const auto started = api_.clock().now();
  json spec = spec_now(most_transitions_ + 1);
  spec["acquireTime"] = spec["renewTime"];
  const json lease = {{"apiVersion", "coordination.k8s.io/v1"},
                      {"kind", "Lease"},
                      {"metadata", {{"name", options_.name}, {"namespace", options_.space}}},
                      {"spec", spec}};
  hold(api_.create(leases(), options_.space, lease, std::string(kManager), stop), started);
}

void LeaderElector::write(const json& spec, Clock::Moment started, const std::stop_token& stop) {
  std::string version;
  {
    const std::lock_guard lock(mutex_);
    version = seen_->version;
  }
  // The version makes it conditional: whoever wrote since we looked wins, and we get 409.
  const json change = {{"metadata", {{"resourceVersion", version}}}, {"spec", spec}};
  hold(api_.patch(leases(), {options_.space, options_.name}, merge_patch(change, std::string(kManager)), {}, stop),
       started);
}

void LeaderElector::take(const std::stop_token& stop) {
  const auto started = api_.clock().now();
  std::int64_t transitions = 0;
  {
    const std::lock_guard lock(mutex_);
    transitions = most_transitions_ + 1;
  }
  json spec = spec_now(transitions);
  spec["acquireTime"] = spec["renewTime"];
  write(spec, started, stop);
}

void LeaderElector::renew(const std::stop_token& stop) {
  const auto started = api_.clock().now();
  std::int64_t transitions = 0;
  {
    const std::lock_guard lock(mutex_);
    transitions = seen_->transitions;
  }
  write(spec_now(transitions), started, stop);
}

void LeaderElector::attempt(const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    // The usual case costs one request: we know our own Lease's version.
    if (holding_ && api_.clock().now() < leader_until_) {
      lock.unlock();
      try {
        renew(stop);
        return;
      } catch (const ApiError& error) {
        if (error.status().code != 409 && error.status().code != 404) throw;
      }
    }
  }
  const auto lease = api_.find(leases(), {options_.space, options_.name}, stop);
  look(lease);
  if (!lease) return create(stop);
  std::unique_lock lock(mutex_);
  const bool ours = holding_ && api_.clock().now() < leader_until_;
  if (!ours) holding_ = false;
  const bool free = may_take(api_.clock().now());
  lock.unlock();
  if (ours) return renew(stop);
  if (free) take(stop);
}

Clock::Moment LeaderElector::step(const std::stop_token& stop) {
  try {
    attempt(stop);
  } catch (const ApiError& error) {
    // Two candidates at the same time: the other was first.
    if (error.status().code != 409 && options_.complain) options_.complain(error);
  } catch (const TransportError& error) {
    if (!stop.stop_requested() && options_.complain) options_.complain(error);
  } catch (const Error& error) {
    if (options_.complain) options_.complain(error);
  }
  return next_attempt();
}

Clock::Moment LeaderElector::next_attempt() {
  const auto now = api_.clock().now();
  if (is_leader()) return now + options_.retry_period;
  // Candidates that all ask at the same moment would do so for ever.
  const double stretch = 1 + 0.2 * api_.random();
  const auto after = [&](std::chrono::milliseconds period) {
    return now + std::chrono::duration_cast<Clock::Duration>(period * stretch);
  };
  const std::lock_guard lock(mutex_);
  const bool held = seen_ && !seen_->holder.empty() && !may_take(now);
  if (!held) return after(options_.retry_period);
  const auto end = seen_->since + std::max<Clock::Duration>(seen_->duration, options_.lease_duration);
  return std::min(after(std::max(options_.retry_period, options_.waiting_period)),
                  end + (after(options_.retry_period) - now) / 2);
}

void LeaderElector::release() {
  json change;
  {
    const std::lock_guard lock(mutex_);
    if (!holding_) return;
    holding_ = false;  // before the server knows: nobody may act for us from here on
    change = {{"metadata", {{"resourceVersion", seen_->version}}},
              {"spec",
               {{"holderIdentity", ""}, {"leaseDurationSeconds", 1}, {"renewTime", micro_time(api_.clock().wall())}}}};
  }
  try {
    api_.patch(leases(), {options_.space, options_.name}, merge_patch(change, std::string(kManager)));
  } catch (const Error& error) {
    // It will end by itself, a lease duration later.
    if (options_.complain) options_.complain(error);
  }
}

void LeaderElector::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto next = step(stop);
    sleep_for(api_.clock(), next - api_.clock().now(), stop);
  }
  release();
}

}  // namespace keelson::kube
