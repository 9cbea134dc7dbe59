/// What is shown of rollouts and pools, as values: a terminal, JSON and the live view all show these.
///
/// Made from the resources alone: nothing else is asked, so that somebody who may only read them sees all of it. Every
/// text in here was made harmless and is one line. Nothing depends on the time of looking: ages and what is left are
/// for who draws. Of thousands of nodes only those are kept that something is going on with.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/resources/node_rollout.h"

namespace keelson::fleet::view {

/// Something that somebody could type now.
struct Advice {
  std::string command;
  std::string why;
  bool operator==(const Advice&) const = default;
};

struct Counts {
  std::size_t nodes = 0;
  std::size_t pending = 0;
  std::size_t under_way = 0;
  std::size_t done = 0;
  std::size_t skipped = 0;  ///< kept their image and are in service
  std::size_t quarantined = 0;
  std::size_t failed = 0;  ///< of the latter two, and of those under way once more
};

struct BatchView {
  enum class State { Waiting, Current, Over };
  std::string name;
  State state = State::Waiting;
  Counts counts;
  bool needs_approval = false;
  bool approved = false;
};

struct NodeView {
  std::string node;
  Stage stage = Stage::Pending;
  Direction direction = Direction::Forward;
  Moment since{};
  std::string reason;
  std::optional<Moment> deadline;  ///< of Soaking: its end
  bool operator==(const NodeView&) const = default;
};

/// A node that failed, or is in quarantine.
struct TroubleView {
  std::string node;
  Stage stage = Stage::Skipped;
  Moment since{};
  std::string why;
  std::vector<Advice> next;
};

struct ConditionView {
  std::string type;
  bool holds = false;
  std::string reason;
  std::string message;
};

struct RolloutView {
  std::string name;
  std::string uid;
  std::string resource_version;
  std::string pool;
  std::string release;
  std::optional<Moment> created;
  std::string problem;         ///< why the resource can't be read; then only what stands above is known
  std::string refused;         ///< why the controller does not accept it; "": it does, or has not seen it
  std::optional<Phase> phase;  ///< nothing: it has not begun
  Moment since{};              ///< of the phase
  std::string reason;
  bool over = false;
  bool halted = false;  ///< waits for somebody, who has not said "go on" yet
  bool backing_out = false;
  bool unheard = false;  ///< the controller has not seen the newest wishes
  std::int64_t halts = 0;
  Wishes wishes;
  Counts counts;
  std::vector<BatchView> batches;
  std::vector<NodeView> under_way;    ///< in the order of the batches
  std::vector<TroubleView> troubles;  ///< those that can be helped first, then by name
  std::vector<ConditionView> conditions;
  std::vector<Advice> next;
  std::map<std::string, Stage> stages;  ///< of every node: for telling what has changed
};

/// Never throws for what a resource holds: what can't be read is a view with a problem.
RolloutView view_rollout(const nlohmann::json& resource);

/// When a node must have left its stage, as the state machine has it; nothing for stages without a deadline.
std::optional<Moment> deadline_of(const NodeProgress& progress, const Strategy& strategy);

}  // namespace keelson::fleet::view
