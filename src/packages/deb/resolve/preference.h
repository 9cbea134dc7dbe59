/// Which of several alternatives a person who uses apt expects. libsolv merges the packages that satisfy "a | b" into
/// one sorted list, so the packager's order is lost; this walk follows dependencies as apt does, depth first and
/// first alternative first, and what it meets is handed to libsolv as favoured. libsolv decides; this only advises.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/pool.h"

namespace keelson::deb {

/// Packages that a solution showed to be out of reach where a walk had picked them.
using Rejected = std::unordered_set<const PackageRecord*>;

class PreferenceWalk {
 public:
  /// Walks from `start`; never picks what is in `rejected`. What is `standing` is there already: its own needs are not
  /// looked at. Everything passed in must outlive the object.
  PreferenceWalk(Candidates& candidates, const PoolOptions& options, const Rejected& rejected,
                 const std::vector<const PackageRecord*>& start,
                 const std::vector<const PackageRecord*>& standing = {});

  /// What was picked, or was there already, where there was a choice. What left no choice is not among them: when
  /// "suite | agent" is to become the suite, which needs the agent, favouring both would leave the choice open.
  const std::vector<const PackageRecord*>& choices() const { return choices_; }
  struct Missing {
    const PackageRecord* package;
    /// The solution has only a part of the pick's own needs in its place: of "suite | agent" the agent, although the
    /// suite was preferred and needs the agent. libsolv does that to save packages; the packager meant the suite.
    bool is_replaced_by_own_need;
  };
  /// What was picked for a package of `solution` (sorted by name), but is not in the solution itself: a conflict or a
  /// missing dependency forbids it, or something else does its work.
  std::vector<Missing> missing_from(const std::vector<const PackageRecord*>& solution) const;

 private:
  bool is_marked(const PackageRecord* package) const { return cause_.count(package) != 0; }
  void mark(const PackageRecord* package, const PackageRecord* cause);
  void follow(const PackageRecord* package);
  void satisfy(const Alternatives& alternatives, const PackageRecord* cause);
  void add_choice(const PackageRecord* package);
  bool is_blocked(const PackageRecord* package);
  bool was_picked_because_of(const PackageRecord* package, const PackageRecord* origin) const;

  Candidates& candidates_;
  const PoolOptions& options_;
  const Rejected& rejected_;
  std::vector<const PackageRecord*> order_;
  std::vector<const PackageRecord*> choices_;
  std::unordered_set<const PackageRecord*> is_choice_;
  std::unordered_map<const PackageRecord*, const PackageRecord*>
      cause_;  // what each was picked for; nullptr: the start
  std::unordered_map<const PackageRecord*, const Alternatives*> clause_;  // what each was picked to satisfy
  std::unordered_set<const PackageRecord*> followed_;
  std::unordered_set<const PackageRecord*> conflicting_;  // with something marked
};

}  // namespace keelson::deb
