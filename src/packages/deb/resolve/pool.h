/// A libsolv pool filled from our records, and its answers as plain values. The only file that knows libsolv's types
/// is pool.cpp.
///
/// Why libsolv and not its own Debian reader: that one drops Essential, Size, Priority and architecture qualifiers,
/// and loses nothing else that we could not give it ourselves. See docs/resolver-vs-apt.md for what it decides.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "packages/deb/resolve/index.h"

namespace keelson::deb {

/// One reason in a problem that has no solution.
struct ProblemRule {
  enum class Kind {
    Wanted,       ///< `source` was asked for
    Needs,        ///< `source` depends on `dependency`, which other packages satisfy
    NothingFits,  ///< `source` depends on `dependency`, which no package satisfies
    Conflict,     ///< `source` conflicts with `target` through `conflict`
  };
  Kind kind;
  const PackageRecord* source = nullptr;
  const PackageRecord* target = nullptr;
  const Alternatives* dependency = nullptr;
  const Relation* conflict = nullptr;
};
using Problem = std::vector<ProblemRule>;

struct SolverJobs {
  std::vector<const PackageRecord*> install;              ///< must be installed
  std::vector<const PackageRecord*> install_if_possible;  ///< unless something in `install` forbids it
  std::vector<const PackageRecord*> favour;               ///< preferred where there is a choice
  std::vector<const PackageRecord*> never_remove;         ///< installed ones: these or a newer version must stay
  std::vector<const PackageRecord*> leave;                ///< installed ones: must stay exactly as they are
  bool update_all = false;                                ///< newer versions of what is installed, where possible
  bool may_remove = false;                                ///< installed packages may go when `install` needs it
};

struct SolverOutcome {
  std::vector<const PackageRecord*> chosen;  ///< the whole system, sorted by name; empty when there are problems
  std::vector<Problem> problems;
};

struct PoolOptions {
  bool recommends = false;  ///< also install what packages recommend, where that is possible
};

/// Solves as often as one likes over one set of packages. Same records in the same order: same answer.
class SolverPool {
 public:
  /// @param records at most one per name, beside an installed one; must contain what can satisfy any of their
  /// dependencies, and outlive this. @param installed those of them that are in the system already.
  SolverPool(std::span<const PackageRecord* const> records, std::string_view architecture, const PoolOptions& options,
             std::span<const PackageRecord* const> installed = {});
  ~SolverPool();
  SolverPool(const SolverPool&) = delete;
  SolverPool& operator=(const SolverPool&) = delete;

  SolverOutcome solve(const SolverJobs& jobs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelson::deb
