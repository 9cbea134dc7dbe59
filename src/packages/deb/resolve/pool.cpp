#include "packages/deb/resolve/pool.h"

// libsolv's struct has a member called "requires", which C++20 reserves.
#define LIBSOLV_SOLVABLE_PREPEND_DEP 1
extern "C" {
#include <solv/pool.h>
#include <solv/poolarch.h>
#include <solv/repo.h>
#include <solv/solver.h>
}

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"

namespace keelson::deb {

namespace {

struct FreePool {
  void operator()(Pool* pool) const { pool_free(pool); }
};
struct FreeSolver {
  void operator()(Solver* solver) const { solver_free(solver); }
};

// libsolv's growing array of ids.
class IdQueue {
 public:
  IdQueue() { queue_init(&queue_); }
  ~IdQueue() { queue_free(&queue_); }
  IdQueue(const IdQueue&) = delete;
  IdQueue& operator=(const IdQueue&) = delete;
  void push(Id how, Id what) { queue_push2(&queue_, how, what); }
  Queue* get() { return &queue_; }
  std::span<const Id> ids() const { return {queue_.elements, static_cast<std::size_t>(queue_.count)}; }

 private:
  Queue queue_;
};

int solver_flags(VersionTest test) {
  switch (test) {
    case VersionTest::Earlier:
      return REL_LT;
    case VersionTest::EarlierOrEqual:
      return REL_LT | REL_EQ;
    case VersionTest::Equal:
      return REL_EQ;
    case VersionTest::LaterOrEqual:
      return REL_GT | REL_EQ;
    case VersionTest::Later:
      return REL_GT;
    case VersionTest::Any:
      break;
  }
  return 0;
}

}  // namespace

struct SolverPool::State {
  std::unique_ptr<Pool, FreePool> pool;
  Repo* repo = nullptr;       // the pool's: what can be installed
  Repo* installed = nullptr;  // the pool's: what is; may be absent
  std::string architecture;
  PoolOptions options;
  std::vector<const PackageRecord*> by_id;  // solvable id to record
  std::unordered_map<const PackageRecord*, Id> ids;
  std::unordered_map<Id, const Alternatives*> dependencies;
  std::unordered_map<Id, const Relation*> conflicts;
  std::unordered_map<Id, const PackageRecord*> kept_names;

  Id text_id(std::string_view text) {
    return pool_strn2id(pool.get(), text.data(), static_cast<unsigned>(text.size()), 1);
  }

  Id relation_id(const Relation& relation) {
    Id id = 0;
    // A dependency on the image's own architecture is a plain one; "name:any" is a name of its own, which only
    // packages that allow it provide; any other architecture is a name that nothing provides.
    if (relation.qualifier.empty() || relation.qualifier == architecture || relation.qualifier == "all") {
      id = text_id(relation.name);
    } else {
      id = text_id(std::string(relation.name) + ":" + std::string(relation.qualifier));
    }
    if (relation.test == VersionTest::Any) return id;
    return pool_rel2id(pool.get(), id, text_id(relation.version), solver_flags(relation.test), 1);
  }

  Id alternatives_id(const Alternatives& alternatives) {
    Id id = 0;
    for (auto relation = alternatives.rbegin(); relation != alternatives.rend(); ++relation) {
      const Id one = relation_id(*relation);
      id = id == 0 ? one : pool_rel2id(pool.get(), one, id, REL_OR, 1);
    }
    return id;
  }

  void add_dependencies(Repo* repo, Offset& list, const std::vector<Alternatives>& relations) {
    for (const auto& alternatives : relations) {
      const Id id = alternatives_id(alternatives);
      dependencies.emplace(id, &alternatives);
      list = repo_addid_dep(repo, list, id, 0);
    }
  }

  void add_provides(Repo* repo, Solvable& solvable, const PackageRecord& record) {
    Offset list = 0;
    for (const auto& relation : record.provides) list = repo_addid_dep(repo, list, relation_id(relation), 0);
    list = repo_addid_dep(repo, list, pool_rel2id(pool.get(), solvable.name, solvable.evr, REL_EQ, 1), 0);
    if (record.any_architecture_allowed) {
      const Id any = text_id(std::string(record.name) + ":any");
      list = repo_addid_dep(repo, list, pool_rel2id(pool.get(), any, solvable.evr, REL_EQ, 1), 0);
    }
    solvable.dep_provides = list;
  }

  void add(Repo* to, const PackageRecord& record) {
    const Id id = repo_add_solvable(to);
    Solvable& solvable = *pool_id2solvable(pool.get(), id);
    solvable.name = text_id(record.name);
    solvable.evr = text_id(record.version);
    solvable.arch = text_id(record.architecture);
    add_provides(to, solvable, record);
    add_dependencies(to, solvable.dep_requires, record.pre_depends);
    add_dependencies(to, solvable.dep_requires, record.depends);
    if (options.recommends) add_dependencies(to, solvable.dep_recommends, record.recommends);
    Offset conflict_list = 0;
    for (const auto& relation : record.conflicts) {
      const Id conflict = relation_id(relation);
      conflicts.emplace(conflict, &relation);
      conflict_list = repo_addid_dep(to, conflict_list, conflict, 0);
    }
    solvable.dep_conflicts = conflict_list;
    by_id.resize(static_cast<std::size_t>(id) + 1, nullptr);
    by_id[static_cast<std::size_t>(id)] = &record;
    ids.emplace(&record, id);
  }

  const PackageRecord* record(Id id) const {
    return id > 0 && static_cast<std::size_t>(id) < by_id.size() ? by_id[static_cast<std::size_t>(id)] : nullptr;
  }

  void push_jobs(IdQueue& queue, const std::vector<const PackageRecord*>& records, Id how) const {
    for (const auto* package : records) {
      const auto found = ids.find(package);
      if (found != ids.end()) queue.push(SOLVER_SOLVABLE | how, found->second);
    }
  }

  // Any version of an installed package.
  void push_names(IdQueue& queue, const std::vector<const PackageRecord*>& records) {
    for (const auto* package : records) {
      const Id name = text_id(package->name);
      kept_names.emplace(name, package);
      queue.push(SOLVER_SOLVABLE_NAME | SOLVER_INSTALL, name);
    }
  }

  // What a job of ours was about.
  const PackageRecord* job_record(Id how, Id what) const {
    if ((how & SOLVER_SELECTMASK) == SOLVER_SOLVABLE) return record(what);
    const auto found = kept_names.find(what);
    return (how & SOLVER_SELECTMASK) == SOLVER_SOLVABLE_NAME && found != kept_names.end() ? found->second : nullptr;
  }

  std::vector<const PackageRecord*> chosen(Solver* solver) const {
    IdQueue decisions;
    solver_get_decisionqueue(solver, decisions.get());
    std::vector<const PackageRecord*> list;
    for (const Id id : decisions.ids()) {
      if (const auto* package = record(id); package != nullptr) list.push_back(package);
    }
    std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    return list;
  }

  Problem problem(Solver* solver, Id number) const {
    IdQueue rules;
    solver_findallproblemrules(solver, number, rules.get());
    Problem reasons;
    for (const Id rule : rules.ids()) {
      Id from = 0;
      Id to = 0;
      Id dep = 0;
      switch (solver_ruleinfo(solver, rule, &from, &to, &dep)) {
        case SOLVER_RULE_JOB:
          reasons.push_back({ProblemRule::Kind::Wanted, job_record(to, dep)});
          break;
        case SOLVER_RULE_PKG_REQUIRES:
          reasons.push_back({ProblemRule::Kind::Needs, record(from), nullptr, dependency(dep)});
          break;
        case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
          reasons.push_back({ProblemRule::Kind::NothingFits, record(from), nullptr, dependency(dep)});
          break;
        case SOLVER_RULE_PKG_CONFLICTS: {
          const auto found = conflicts.find(dep);
          reasons.push_back({ProblemRule::Kind::Conflict, record(from), record(to), nullptr,
                             found == conflicts.end() ? nullptr : found->second});
          break;
        }
        default:
          break;
      }
    }
    std::erase_if(reasons, [](const ProblemRule& rule) { return rule.source == nullptr; });
    return reasons;
  }

  const Alternatives* dependency(Id id) const {
    const auto found = dependencies.find(id);
    return found == dependencies.end() ? nullptr : found->second;
  }
};

SolverPool::SolverPool(std::span<const PackageRecord* const> records, std::string_view architecture,
                       const PoolOptions& options, std::span<const PackageRecord* const> installed)
    : state_(std::make_unique<State>()) {
  state_->pool.reset(pool_create());
  state_->architecture = architecture;
  state_->options = options;
  Pool* pool = state_->pool.get();
  if (pool_setdisttype(pool, DISTTYPE_DEB) < 0) {
    throw Error(ErrorKind::Unavailable, "cannot resolve packages: this libsolv knows no Debian versions",
                "install the libsolv that Debian builds");
  }
  pool_setarch(pool, state_->architecture.c_str());
  state_->repo = repo_create(pool, "packages");
  const std::unordered_set<const PackageRecord*> there(installed.begin(), installed.end());
  if (!there.empty()) {
    state_->installed = repo_create(pool, "installed");
    pool_set_installed(pool, state_->installed);
  }
  for (const auto* record : records) state_->add(there.count(record) != 0 ? state_->installed : state_->repo, *record);
  pool_createwhatprovides(pool);
}

SolverPool::~SolverPool() = default;

SolverOutcome SolverPool::solve(const SolverJobs& jobs) {
  IdQueue queue;
  state_->push_jobs(queue, jobs.install, SOLVER_INSTALL);
  state_->push_jobs(queue, jobs.install_if_possible, SOLVER_INSTALL | SOLVER_WEAK);
  state_->push_jobs(queue, jobs.favour, SOLVER_FAVOR);
  state_->push_jobs(queue, jobs.leave, SOLVER_LOCK);
  state_->push_names(queue, jobs.never_remove);
  if (jobs.update_all) queue.push(SOLVER_UPDATE | SOLVER_SOLVABLE_ALL, 0);
  const std::unique_ptr<Solver, FreeSolver> solver(solver_create(state_->pool.get()));
  solver_set_flag(solver.get(), SOLVER_FLAG_IGNORE_RECOMMENDED, state_->options.recommends ? 0 : 1);
  solver_set_flag(solver.get(), SOLVER_FLAG_ALLOW_UNINSTALL, jobs.may_remove ? 1 : 0);
  solver_set_flag(solver.get(), SOLVER_FLAG_ALLOW_ARCHCHANGE, 1);  // "all" becomes "amd64" and back between versions
  SolverOutcome outcome;
  if (solver_solve(solver.get(), queue.get()) == 0) {
    outcome.chosen = state_->chosen(solver.get());
    return outcome;
  }
  const auto count = static_cast<Id>(solver_problem_count(solver.get()));
  for (Id number = 1; number <= count; ++number) outcome.problems.push_back(state_->problem(solver.get(), number));
  return outcome;
}

}  // namespace keelson::deb
