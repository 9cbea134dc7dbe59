#include "fleet/controller/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fleet/controller/slot.h"
#include "fleet/resources/kinds.h"
#include "fleet/windows/read_window.h"
#include "kube/merge_difference.h"

namespace keelson::fleet {

namespace {

using kube::json;
using std::chrono::seconds;

constexpr seconds kTallyEvery{60};
constexpr seconds kLongestWait{30};

seconds until(Moment moment, Moment now) { return std::clamp(moment - now, seconds(0), kLongestWait); }

/// UIDs of rollouts that have left anything on nodes.
std::set<std::string> tokens_on(const Cluster& cluster) {
  std::set<std::string> uids;
  const auto add = [&uids](const std::string& token) {
    if (!token.empty()) uids.insert(token.substr(0, token.find('/')));
  };
  for (const auto& [name, node] : cluster.nodes()) {
    add(node.annotation(kCordonedBy));
    add(node.annotation(kExcludedBy));
    add(node.label(kQuarantined));
    for (const auto& taint : node.taints) {
      if (taint.key == kUnproven) add(taint.value);
    }
  }
  return uids;
}

}  // namespace

Controller::Controller(kube::Api& api, kube::Api& watching, kube::Discovery& discovery, ControllerSetting setting,
                       ControllerListener& listener)
    : api_(api),
      watching_(watching),
      discovery_(discovery),
      setting_(std::move(setting)),
      listener_(listener),
      lost_(api),
      elector_(api, {.space = setting_.space,
                     .name = setting_.lease,
                     .identity = setting_.identity,
                     .lease_duration = setting_.lease_duration,
                     .renew_deadline = setting_.lease_duration * 2 / 3,
                     .retry_period = setting_.lease_duration / 7,
                     .waiting_period = setting_.lease_duration / 3,
                     .complain = [this](const Error& error) { complain(error); }}) {
  setting_.view.complain = [this](const Error& error) { complain(error); };
}

Controller::~Controller() = default;

void Controller::complain(const Error& error) {
  lost_.hear(error);
  listener_.complain(error);
}

/// A right that is granted again lets all go on at once.
void Controller::ask_for_rights(const std::stop_token& stop) {
  if (lost_.ask_again(stop)) {
    for (const auto& [name, slot] : slots_) slot->not_before = {};
  }
  if (std::string lost = lost_.text(); lost != told_lost_) {
    listener_.lacks(lost);
    told_lost_ = std::move(lost);
  }
}

Moment Controller::now() const { return std::chrono::time_point_cast<seconds>(api_.clock().wall()); }

bool Controller::run(const std::stop_token& stop) {
  std::jthread electing([this](const std::stop_token& token) { elector_.run(token); });
  ready_ = true;  // a second replica that waits is as it should be
  while (!stop.stop_requested() && !elector_.is_leader()) {
    if (setting_.came_round) setting_.came_round();
    mailbox_.wait(api_.clock(), api_.clock().now() + std::chrono::milliseconds(200), stop);
  }
  if (!stop.stop_requested()) {
    const auto token = elector_.token();
    if (token) {
      token_ = token->text();
      leading_ = true;
      listener_.leading(true);
      lead(stop);
      leading_ = false;
      listener_.leading(false);
    }
  }
  ready_ = false;
  electing.request_stop();  // gives the lease back
  electing.join();
  return stop.stop_requested();
}

void Controller::lead(const std::stop_token& stop) {
  ready_ = false;
  gate_worker_ = std::make_unique<GateWorker>(mailbox_);
  view_ = std::make_unique<ClusterView>(watching_, discovery_, mailbox_, setting_.view);
  view_->start(stop);
  while (!stop.stop_requested() && elector_.is_leader()) {
    if (setting_.came_round) setting_.came_round();
    const auto next = look(stop);
    // In slices: who leads no more ends soon, also when nothing happens.
    while (mailbox_.is_empty() && api_.clock().now() < next && !stop.stop_requested() && elector_.is_leader())
      mailbox_.wait(api_.clock(), std::min(next, api_.clock().now() + std::chrono::seconds(1)), stop);
    // One change seldom comes alone.
    kube::sleep_for(api_.clock(), setting_.settle, stop);
  }
}

kube::Clock::Moment Controller::look(const std::stop_token& stop) {
  mailbox_.take_all();
  const auto in = [this](std::chrono::milliseconds wait) { return api_.clock().now() + wait; };
  if (!view_->is_synced()) return in(std::chrono::milliseconds(500));
  if (!ready_) {
    ready_ = true;
    listener_.synced();
  }
  try {
    view_->refresh_doubtful(stop);
  } catch (const Error& error) {
    complain(error);
    return in(std::chrono::milliseconds(1000));  // what it has done itself may not be seen yet
  }
  ask_for_rights(stop);
  const Moment moment = now();
  const bool needs_tally = std::any_of(slots_.begin(), slots_.end(), [](const auto& entry) {
    const RolloutDriver& driver = entry.second->driver;
    return driver.is_loaded() && driver.has_begun() && !driver.is_over() && GateKeeper::needs_tally(driver.rollout());
  });
  if (needs_tally && (!tallied_ || moment >= *tallied_ + kTallyEvery || moment < *tallied_)) {
    tally_.observe(view_->cluster(), moment);
    tallied_ = moment;
  }
  take_rollouts(stop);
  begin_accepted(moment, stop);
  Moment wake = step_rollouts(moment, stop);
  keep_pools(moment, stop);
  // A pool that changed just after they were kept is not left until something else happens.
  if (pools_kept_ && !view_->pools().empty()) wake = std::min(wake, *pools_kept_ + setting_.pools_every);
  show(moment);
  if (lost_.any()) wake = std::min(wake, moment + LostRights::kAskAgain);
  return in(until(wake, now()));
}

DriverTools Controller::driver_tools() {
  DriverTools tools;
  tools.api = &api_;
  tools.discovery = &discovery_;
  tools.view = view_.get();
  tools.gate_worker = gate_worker_.get();
  tools.gates = &setting_.gates;
  tools.tally = &tally_;
  tools.listener = &listener_;
  tools.rights = &lost_;
  tools.back_ends = {.api = &api_,
                     .discovery = &discovery_,
                     .environment = setting_.gates.environment,
                     .complain = [this](const Error& error) { complain(error); }};
  tools.token = token_;
  tools.may_act = [this] { return elector_.is_leader(); };
  return tools;
}

void Controller::take_rollouts(const std::stop_token& stop) {
  const auto& objects = view_->rollouts();
  std::erase_if(slots_, [&objects](const auto& entry) { return !objects.contains(entry.first); });
  for (const auto& [name, object] : objects) {
    auto& slot = slots_[name];
    if (!slot) slot = std::make_unique<Slot>(name, driver_tools());
    if (slot->seen == object && slot->driver.is_loaded()) continue;
    if (slot->seen == object && (now() < slot->not_before || !slot->unreadable.empty())) continue;
    load(name, *slot, stop);
  }
}

void Controller::load(const std::string& name, Slot& slot, const std::stop_token& stop) {
  const auto object = view_->rollouts().at(name);
  try {
    if (slot.driver.is_loaded() && slot.driver.rollout().spec.uid == kube::uid_of(*object))
      slot.driver.take_wishes(*object);
    else if (!slot.driver.load(stop))
      return;  // deleted: a watch will tell
    slot.seen = object;
    slot.unreadable.clear();
    slot.failures = 0;
  } catch (const Error& error) {
    slot.failed(now());
    if (error.kind() != ErrorKind::BadInput) {
      complain(error);
      return;
    }
    slot.seen = object;
    slot.unreadable = error.message();
    refuse_unreadable(name, *object, error, stop);
  }
}

void Controller::refuse_unreadable(const std::string& name, const json& object, const Error& error,
                                   const std::stop_token& stop) {
  listener_.refused(name, "Invalid", error.message());
  const json before = object.value("status", json());
  // One that is under way and can't be read any more is not written over: its state is for people to look at.
  if (kube::find_at(object, {"status", "phase"}) != nullptr) return;
  const auto generation = kube::number_at(object, {"metadata", "generation"}).value_or(0);
  const json status = refusal_json("Invalid", error.message(), generation, before, now());
  const json change = kube::merge_difference(before.is_object() ? before : json::object(), status);
  if (change.is_object() && change.empty()) return;
  try {
    json body{{"metadata", {{"resourceVersion", kube::resource_version_of(object)}}}, {"status", change}};
    api_.patch(node_rollouts(), {"", name}, kube::merge_patch(std::move(body), "keelson-controller"), "status", stop);
  } catch (const Error& failure) {
    complain(failure);
  }
}

Windows Controller::windows_of(const NodeRollout& rollout, std::string& missing) const {
  std::vector<Window> windows;
  for (const auto& name : rollout.windows) {
    const auto found = view_->windows().find(name);
    if (found == view_->windows().end()) {
      missing = fmt::format("there is no MaintenanceWindow '{}'", name);
      return {};
    }
    try {
      windows.push_back(read_window(*found->second));
    } catch (const Error& error) {
      missing = error.message();
      return {};
    }
  }
  return Windows(std::move(windows));
}

Surroundings Controller::surroundings_of(const NodeRollout& rollout) const {
  Surroundings surroundings;
  surroundings.windows = windows_of(rollout, surroundings.no_window);
  const auto found = view_->releases().find(rollout.spec.target.name);
  if (found == view_->releases().end()) return surroundings;
  try {
    const ImageRelease release = read_image_release(*found->second);
    if (release.denied)
      surroundings.denied = fmt::format("release '{}' is denied: {}", release.release.name, *release.denied);
  } catch (const Error& error) {
    listener_.complain(error);
  }
  return surroundings;
}

/// Those that have begun and are not over. One that can't be read holds its nodes all the same, and one that could not
/// be asked for may have begun.
std::vector<OtherRollout> Controller::holders() const {
  std::vector<OtherRollout> found;
  for (const auto& [name, slot] : slots_) {
    const RolloutDriver& driver = slot->driver;
    if (driver.is_loaded()) {
      if (driver.has_begun() && !driver.is_over())
        found.push_back({name, driver.rollout().pool, driver.rollout().spec.pool_nodes});
      continue;
    }
    const json& object = *view_->rollouts().at(name);
    if (!slot->unreadable.empty() && !fleet::has_begun(object)) continue;
    if (auto held = held_by(object)) found.push_back(std::move(*held));
  }
  return found;
}

/// Everything that speaks against beginning it, in one condition.
std::optional<Refusal> Controller::why_not(const NodeRollout& rollout, const std::vector<ImageRelease>& releases,
                                           Moment now) const {
  std::optional<NodePool> pool;
  if (const auto found = view_->pools().find(rollout.pool); found != view_->pools().end())
    pool = read_node_pool(*found->second);
  const auto release = std::find_if(releases.begin(), releases.end(), [&rollout](const ImageRelease& one) {
    return one.release.name == rollout.spec.target.name;
  });
  std::string missing;
  const Windows windows = windows_of(rollout, missing);
  auto refusals = why_not_start({.rollout = &rollout,
                                 .cluster = &view_->cluster(),
                                 .pool = pool ? &*pool : nullptr,
                                 .release = release == releases.end() ? nullptr : &*release,
                                 .others = holders(),
                                 .windows = &windows,
                                 .now = now});
  if (!missing.empty()) refusals.push_back({"WindowUnknown", missing});
  if (refusals.empty()) return std::nullopt;
  Refusal all = std::move(refusals.front());
  for (std::size_t i = 1; i < refusals.size(); ++i) all.message += "; " + refusals[i].message;
  return all;
}

void Controller::begin_accepted(Moment now, const std::stop_token& stop) {
  std::optional<std::vector<ImageRelease>> all;
  for (const auto& [name, slot] : slots_) {
    RolloutDriver& driver = slot->driver;
    if (!driver.is_loaded() || driver.has_begun() || now < slot->not_before || driver.is_being_deleted()) continue;
    if (!all) all = releases();
    try {
      if (const auto refusal = why_not(driver.rollout(), *all, now)) {
        if (driver.refuse(refusal->reason, refusal->message, now, stop))
          listener_.refused(name, refusal->reason, refusal->message);
        continue;
      }
      driver.begin(now, stop);
      slot->failures = 0;
    } catch (const Error& error) {
      slot->failed(now);
      complain(error);
    }
  }
}

Moment Controller::step_rollouts(Moment now, const std::stop_token& stop) {
  Moment next = now + kLongestWait;
  const auto tokens = tokens_on(view_->cluster());
  for (const auto& [name, slot] : slots_) {
    RolloutDriver& driver = slot->driver;
    if (stop.stop_requested() || !elector_.is_leader()) return now;
    if (now < slot->not_before) {
      next = std::min(next, slot->not_before);
      continue;
    }
    try {
      if (driver.is_loaded() && driver.is_being_deleted() && (!driver.has_begun() || driver.is_over()))
        driver.let_go(stop);
      if (!driver.is_loaded() || !driver.has_begun()) continue;
      // What is over is swept only where something of it is left.
      if (driver.is_over() && !tokens.contains(driver.rollout().spec.uid) && !driver.has_to_mark()) continue;
      const Moment wake = driver.step(surroundings_of(driver.rollout()), now, stop);
      slot->failures = 0;
      next = std::min(next, wake);
    } catch (const Error& error) {
      slot->failed(now);
      lost_.hear(error);
      listener_.failed_step(name, error);
      next = std::min(next, slot->not_before);
    }
  }
  return next;
}

}  // namespace keelson::fleet
