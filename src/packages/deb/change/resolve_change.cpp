#include "packages/deb/change/resolve_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/change/removal.h"
#include "packages/deb/change/unpack_order.h"
#include "packages/deb/resolve/explain.h"
#include "packages/deb/resolve/open_indices.h"
#include "packages/deb/resolve/preferred.h"
#include "packages/deb/resolve/solver.h"
#include "packages/deb/version.h"

namespace keelson::deb {

namespace {

using Records = std::vector<const PackageRecord*>;
using Pins = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kMostNames = 12;  // in one message

std::string names_of(const Records& records) {
  std::vector<std::string> names;
  for (const auto* package : records) {
    if (names.size() < kMostNames) names.emplace_back(package->name);
  }
  if (records.size() > kMostNames) names.push_back(fmt::format("{} more", records.size() - kMostNames));
  return join_words(names);
}

Records minus(const Records& all, const Records& less) {
  const std::set<const PackageRecord*> gone(less.begin(), less.end());
  Records left;
  std::copy_if(all.begin(), all.end(), std::back_inserter(left), [&](const auto* one) { return !gone.count(one); });
  return left;
}

Pins pinned_versions(const std::vector<std::string>& words) {
  Pins pins;
  for (const auto& word : words) {
    const auto name = parse_goal_name(word);
    if (name.version.empty()) continue;
    const auto [entry, is_new] = pins.emplace(name.name, name.version);
    if (!is_new && entry->second != name.version) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot install '{}': it is asked for as both {} and {}", name.name,
                                                   entry->second, name.version));
    }
  }
  return pins;
}

/// The system from stage to stage: at first as it is, in the end as it shall be.
class Resolution {
 public:
  Resolution(const InstalledSystem& system, const std::vector<IndexSource>& indices, const ChangeGoal& goal,
             const OpenIndices& open, Reporter& reporter)
      : system_(system),
        indices_(indices),
        goal_(goal),
        open_(open),
        reporter_(reporter),
        every_name_{.install = goal.install, .architecture = system.architecture(), .recommends = goal.recommends},
        candidates_(open.texts(), open.directory(), every_name_, {}) {
    for (const auto& package : system.packages()) {
      if (!package.foreign) before_.push_back(&package.record);
    }
    now_ = before_;
  }

  PackageChange run() {
    if (!goal_.remove.empty()) remove();
    if (goal_.update_all) update_all();
    if (!goal_.install.empty()) install(goal_.install, "install");
    if (!goal_.update.empty()) {
      require_installed();
      install(goal_.update, "update");
    }
    return change();
  }

 private:
  void remove() {
    Records unwanted;
    for (const auto& word : goal_.remove) {
      const auto* package = system_.find(word);
      if (package != nullptr) {
        unwanted.push_back(&package->record);
        continue;
      }
      reporter_.warn(
          fmt::format("package '{}' is not installed, so there is nothing to remove{}", word, did_you_mean(word)));
    }
    const Records staying = without(before_, unwanted);
    removed_ = minus(now_, staying);
    if (const Records more = minus(removed_, unwanted); !more.empty())
      reporter_.warn(fmt::format("removing {} also removes what needs it: {}", names_of(unwanted), names_of(more)));
    now_ = staying;
  }

  void update_all() {
    candidates_.set_installed(now_, {});
    SolverJobs jobs{.update_all = true};
    Records newest;
    for (const auto* package : now_) {
      const auto* installed = system_.find(package->name);
      const bool held = installed != nullptr && &installed->record == package && installed->held;
      if (held) jobs.leave.push_back(package);
      if (const auto* newer = candidates_.find(package->name); newer != package && !held) newest.push_back(newer);
    }
    if (newest.empty()) return;
    const SolverOutcome outcome = solve(jobs, newest);
    if (!outcome.problems.empty()) throw explain_problems(outcome.problems, {}, candidates_);
    if (const Records left = minus(newest, outcome.chosen); !left.empty())
      reporter_.warn(fmt::format("left as they are, because a newer version needs others to go: {}", names_of(left)));
    now_ = outcome.chosen;
  }

  void install(const std::vector<std::string>& words, std::string_view verb) {
    const Pins pins = pinned_versions(words);
    candidates_.set_installed(now_, pins);
    refuse_older(pins, verb);
    const Goal named{.install = words, .architecture = system_.architecture()};
    const Records wanted = require_requested(candidates_, open_.directory(), named, suite_names(indices_));
    for (const auto* package : wanted) asked_for_.emplace(package->name);
    if (std::all_of(wanted.begin(), wanted.end(), [&](auto* package) { return is_now(package); })) return;
    SolverJobs jobs{.install = wanted, .never_remove = essential()};
    SolverOutcome outcome = solve(jobs, wanted);
    if (!outcome.problems.empty()) {
      jobs.may_remove = true;
      outcome = solve(jobs, wanted);
    }
    if (!outcome.problems.empty()) throw explained(outcome.problems, wanted, verb);
    warn_of_removals(outcome.chosen, wanted, verb);
    now_ = outcome.chosen;
  }

  SolverOutcome solve(const SolverJobs& jobs, const Records& start) {
    const PoolOptions options{.recommends = goal_.recommends};
    Records wanted = now_;
    wanted.insert(wanted.end(), start.begin(), start.end());
    for (const auto* package : now_) wanted.push_back(candidates_.find(package->name));
    std::erase(wanted, nullptr);  // a version was asked for that is not to be had: said by require_requested()
    SolverPool pool(reachable(candidates_, wanted, options), system_.architecture(), options, now_);
    return solve_as_preferred(pool, jobs, candidates_, options, {start, now_});
  }

  Records essential() const {
    Records list;
    std::copy_if(now_.begin(), now_.end(), std::back_inserter(list), [](const auto* one) { return one->essential; });
    return list;
  }

  bool is_now(const PackageRecord* package) const { return candidates_.find_installed(package->name) == package; }

  std::string did_you_mean(std::string_view word) const {
    std::vector<std::string> names;
    for (const auto* package : before_) names.emplace_back(package->name);
    const auto near = suggest(word, names);
    return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
  }

  void require_installed() {
    std::vector<std::string> absent;
    std::string hint = "use packages.install for it";
    candidates_.set_installed(now_, {});
    for (const auto& word : goal_.update) {
      const auto name = std::string_view(word).substr(0, word.find('='));
      if (candidates_.find_installed(name) != nullptr) continue;
      absent.push_back(fmt::format("'{}'", name));
      if (const auto near = did_you_mean(name); !near.empty()) hint = near.substr(2);
    }
    if (absent.empty()) return;
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot update {}: {} not installed", join_words(absent),
                            absent.size() == 1 ? "it is" : "they are"),
                hint);
  }

  void refuse_older(const Pins& pins, std::string_view verb) const {
    for (const auto& [name, version] : pins) {
      const auto* there = candidates_.find_installed(name);
      if (there == nullptr || compare_versions(version, there->version) >= 0) continue;
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot {} '{}={}': the image has the newer {}", verb, name, version, there->version),
                  "packages do not become older; name it in packages.remove too, and it is installed anew");
    }
  }

  Error explained(const std::vector<Problem>& problems, const Records& wanted, std::string_view verb) {
    constexpr std::string_view kTitle = "cannot install ";
    Error error = explain_problems(problems, wanted, candidates_);
    if (verb == "install" || !error.message().starts_with(kTitle)) return error;
    return {error.kind(), fmt::format("cannot {} {}", verb, error.message().substr(kTitle.size())), error.hint()};
  }

  void warn_of_removals(const Records& after, const Records& wanted, std::string_view verb) {
    std::set<std::string_view> names;
    for (const auto* package : after) names.insert(package->name);
    Records gone;
    std::copy_if(now_.begin(), now_.end(), std::back_inserter(gone),
                 [&](auto* one) { return !names.count(one->name); });
    if (gone.empty()) return;
    reporter_.warn(fmt::format("to {} {}, these are removed: {}", verb, names_of(wanted), names_of(gone)));
  }

  // Files of one package for two architectures must be of one version; apt would change both, we change neither.
  void refuse_foreign(const PackageRecord& package) const {
    if (!system_.has_foreign(package.name)) return;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot change package '{}': it is installed for another architecture too", package.name),
                "this version changes packages of the image's own architecture only");
  }

  PackageChange change() {
    PackageChange change{.architecture = system_.architecture()};
    Records coming;
    std::set<std::string_view> names;
    const std::set<const PackageRecord*> removed(removed_.begin(), removed_.end());
    for (const auto* package : now_) {
      names.insert(package->name);
      if (!package->installed) coming.push_back(package);
    }
    Records there;
    for (const auto* package : before_) {
      if (removed.count(package) != 0 || names.count(package->name) == 0) {
        refuse_foreign(*package);
        change.remove.emplace_back(package->name);
      } else {
        there.push_back(package);
      }
    }
    std::sort(change.remove.begin(), change.remove.end());
    add_coming(change, unpack_order(coming), there);
    for (const auto& name : asked_for_) change.asked_for.emplace_back(name);
    return change;
  }

  void add_coming(PackageChange& change, const Records& ordered, const Records& there) {
    Records earlier;
    for (const auto* package : ordered) {
      refuse_foreign(*package);
      const std::string name(package->name);
      LockedPackage locked =
          read_locked_package(candidates_.stanza(package->place), indices_[package->place.index].base_url);
      locked.requested = asked_for_.count(name) != 0;
      change.install.push_back(std::move(locked));
      if (const auto* old = system_.find(name); old != nullptr) change.old_versions.emplace(name, old->record.version);
      for (const auto* first : configured_before(*package, there, earlier))
        change.configure_before[name].emplace_back(first->name);
      earlier.push_back(package);
    }
  }

  const InstalledSystem& system_;
  const std::vector<IndexSource>& indices_;
  const ChangeGoal& goal_;
  const OpenIndices& open_;
  Reporter& reporter_;
  const Goal every_name_;
  Candidates candidates_;
  Records before_;
  Records now_;
  Records removed_;  // by the goal's first part: these go even if another part wants them back
  std::set<std::string, std::less<>> asked_for_;
};

void require_sound(const InstalledSystem& system) {
  if (system.architecture().empty()) {
    throw Error(ErrorKind::BadInput, "cannot change packages: the image has no dpkg",
                "packages can be changed where dpkg manages them");
  }
  for (const auto& package : system.packages()) {
    if (!package.needs_reinstall && package.state != "half-installed") continue;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot change packages: '{}' is only half installed in the image", package.record.name),
                "start the image once and install that package again in it");
  }
}

}  // namespace

Lock lock_of(const PackageChange& change, const ChangeGoal& goal) {
  Lock lock{.architecture = change.architecture, .requested = goal.install, .packages = change.install};
  lock.requested.insert(lock.requested.end(), goal.update.begin(), goal.update.end());
  std::sort(lock.requested.begin(), lock.requested.end());
  lock.requested.erase(std::unique(lock.requested.begin(), lock.requested.end()), lock.requested.end());
  std::sort(lock.packages.begin(), lock.packages.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return lock;
}

PackageChange resolve_change(const InstalledSystem& system, const std::vector<IndexSource>& indices,
                             const ChangeGoal& goal, const ResolveOptions& options, Reporter& reporter) {
  Step step(reporter, "resolving packages");
  require_sound(system);
  Keeper keeper(reporter);
  const OpenIndices open(indices, system.architecture(), options.cache_folder, keeper, reporter);
  PackageChange change = Resolution(system, indices, goal, open, reporter).run();
  step.set_result(fmt::format("{} to install, {} to remove", change.install.size(), change.remove.size()));
  return change;
}

}  // namespace keelson::deb
