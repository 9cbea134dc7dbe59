/// A cluster that lives: evicted pods go and come back elsewhere, nodes reboot into images, budgets count, and, when it
/// is asked for, things go wrong. The planner runs it without faults, tests with all of them.
///
/// It answers as the API server would: an eviction that a budget forbids is refused whatever anybody decided.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/decide.h"
#include "fleet/simulation/dice.h"

namespace keelson::fleet {

struct Durations {
  Duration leave{std::chrono::seconds(8), std::chrono::seconds(30)};  ///< a pod, from its eviction to its end
  Duration schedule{std::chrono::seconds(2), std::chrono::seconds(5)};
  Duration start{std::chrono::seconds(15), std::chrono::seconds(60)};   ///< a pod, from its node to ready
  Duration detach{std::chrono::seconds(5), std::chrono::seconds(20)};   ///< a volume, after its last pod
  Duration act{std::chrono::seconds(60), std::chrono::seconds(180)};    ///< the image, into its place
  Duration boot{std::chrono::seconds(60), std::chrono::seconds(150)};   ///< until ready
  Duration report{std::chrono::seconds(5), std::chrono::seconds(15)};   ///< until it has told what it booted
  Duration settle{std::chrono::seconds(20), std::chrono::seconds(60)};  ///< until the gates are good
};

/// Chances in a thousand.
struct Faults {
  unsigned lost_action = 0;  ///< the API answered 429, 500 or not at all: nothing happened
  unsigned never_boots = 0;  ///< a node that does not come back
  unsigned wrong_image = 0;  ///< a node that falls back to its old image
  unsigned operation_fails = 0;
  unsigned silent_node = 0;  ///< it boots and never tells what
  unsigned bad_node_gate = 0;
  unsigned missing_node_gate = 0;
  unsigned stuck_pod = 0;  ///< a finalizer that never lets go
  unsigned sick_pod = 0;   ///< its replacement never gets ready
};

class World {
 public:
  /// Which value of a duration is taken: one for all, or by chance.
  enum class Pace { Half, Most, Chance };

  World(Cluster cluster, RolloutSpec spec, Moment start, std::uint64_t seed);

  Durations durations;
  Faults faults;
  Pace pace = Pace::Half;
  /// Told of everything that is carried out, before it is.
  std::function<void(const Action&)> on_action;

  const Cluster& cluster() const { return cluster_; }
  Cluster& edit() { return cluster_; }
  const Observation& observe() { return seen_; }
  Observation& edit_observation() { return seen_; }
  Moment now() const { return now_; }

  /// What a client of the API would do. Idempotent, as decide() promises its driver.
  void carry_out(const Action& action);
  /// When the next thing happens by itself.
  std::optional<Moment> next_event() const;
  /// Time passes, at least until `until`; what is due happens in order.
  void pass(Moment until);

  /// The release that a node runs in truth.
  const Release& booted(const std::string& node) const { return booted_.at(node); }
  /// How often each operation was carried out in truth.
  const std::map<std::string, unsigned>& operations_done() const { return operations_done_; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t evictions() const { return evictions_; }

 private:
  enum class What { PodGone, PodScheduled, PodReady, VolumeGone, ImageInPlace, NodeUp, NodeTold, GateSettled };
  struct Event {
    Moment at{};
    std::uint64_t number = 0;  ///< of equals the older one is first
    What what{};
    std::size_t whose = 0;  ///< where its subject is
    bool operator>(const Event& other) const { return std::tie(at, number) > std::tie(other.at, other.number); }
  };
  /// What an event is about: a pod, or a node and what else there is to say. Apart from the events, which are moved
  /// about in a heap.
  struct Subject {
    PodHandle pod;
    std::string name;
    std::string detail;
  };
  /// What a node has left for pods.
  struct Room {
    const Node* node = nullptr;
    std::size_t rank = 0;  ///< of its name, among those that were there at the start
    Resources free;
    bool open = false;
  };
  struct ByFreeCpu {
    bool operator()(const Room* a, const Room* b) const {
      return std::tie(a->free.cpu, a->rank) < std::tie(b->free.cpu, b->rank);
    }
  };

  std::chrono::seconds take(const Duration& duration);
  void later(std::chrono::seconds delay, What what, const Pod& pod);
  void later(std::chrono::seconds delay, What what, std::string node, std::string detail = {});
  void add_event(std::chrono::seconds delay, What what, Subject subject);
  void happen(What what, const Subject& subject);

  void evict(const Action& action);
  void begin(const Action& action);
  void cordon(const std::string& name);
  void uncordon(const std::string& name);

  void pod_gone(Pod& gone);
  void schedule(Pod& waiting);
  void take_room(Room& room, const Resources& asked);
  void give_room(Room& room, const Resources& asked);
  void pod_ready(Pod& pod);
  void reboot(const std::string& name, const std::string& operation);
  void node_up(const std::string& name, const std::string& operation);
  void set_pod_ready(Pod& pod, bool ready);
  void room_changed(const Node& node);
  void try_pending();

  Cluster cluster_;
  RolloutSpec spec_;
  Moment now_;
  Dice dice_;
  Observation seen_;
  std::vector<Event> events_;  ///< a heap, the first one in front
  std::vector<Subject> subjects_;
  std::vector<std::size_t> free_subjects_;
  std::uint64_t event_number_ = 0;
  std::uint64_t pod_number_ = 0;
  std::uint64_t boot_number_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t evictions_ = 0;
  std::map<std::string, Release> booted_;
  std::map<std::string, std::pair<std::string, Release>> operations_;  ///< by name: node and release
  std::map<std::string, unsigned> operations_done_;
  std::map<std::string, std::string> newest_operation_;  ///< by node
  std::deque<Room> rooms_;                               ///< by the node's place in the cluster
  std::set<Room*, ByFreeCpu> by_free_cpu_;               ///< the open ones
  std::set<std::string> pending_;                        ///< pods that found no room
};

}  // namespace keelson::fleet
