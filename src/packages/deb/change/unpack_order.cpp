#include "packages/deb/change/unpack_order.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace keelson::deb {

namespace {

constexpr std::size_t kUnvisited = static_cast<std::size_t>(-1);

/// Who bears or provides a name, among some packages.
class Bearers {
 public:
  explicit Bearers(const std::vector<const PackageRecord*>& packages) {
    for (std::size_t i = 0; i < packages.size(); ++i) {
      bearers_[packages[i]->name].push_back({i, packages[i]->version});
      for (const auto& own : packages[i]->provides) bearers_[own.name].push_back({i, own.version});
    }
  }

  // Numbers of the packages that meet one of the alternatives, those of the first one first.
  std::vector<std::size_t> meeting(const Alternatives& need) const {
    std::vector<std::size_t> list;
    for (const auto& relation : need) {
      const auto found = bearers_.find(relation.name);
      if (found == bearers_.end()) continue;
      for (const auto& bearer : found->second) {
        const bool fits = relation.test == VersionTest::Any ||
                          (!bearer.version.empty() && is_version_accepted(relation, bearer.version));
        if (fits) list.push_back(bearer.package);
      }
    }
    return list;
  }

 private:
  struct Bearer {
    std::size_t package;
    std::string_view version;
  };
  std::unordered_map<std::string_view, std::vector<Bearer>> bearers_;
};

using Edges = std::vector<std::vector<std::size_t>>;  // package to what it needs

/// Strongly connected components by Tarjan, with a stack of its own: each comes after those that it needs.
class Circles {
 public:
  explicit Circles(const Edges& edges)
      : edges_(edges), number_(edges.size(), kUnvisited), low_(edges.size(), 0), on_stack_(edges.size(), false) {}

  std::vector<std::vector<std::size_t>> find() {
    for (std::size_t root = 0; root < edges_.size(); ++root) {
      if (number_[root] == kUnvisited) visit_from(root);
    }
    return std::move(result_);
  }

 private:
  struct Visit {
    std::size_t node;
    std::size_t next = 0;
  };

  void visit_from(std::size_t root) {
    enter(root);
    while (!path_.empty()) {
      Visit& visit = path_.back();
      const std::size_t node = visit.node;
      if (visit.next < edges_[node].size()) {
        const std::size_t need = edges_[node][visit.next++];
        if (number_[need] == kUnvisited) {
          enter(need);
        } else if (on_stack_[need]) {
          low_[node] = std::min(low_[node], number_[need]);
        }
        continue;
      }
      leave(node);
      path_.pop_back();
      if (!path_.empty()) low_[path_.back().node] = std::min(low_[path_.back().node], low_[node]);
    }
  }

  void enter(std::size_t node) {
    number_[node] = low_[node] = counter_++;
    stack_.push_back(node);
    on_stack_[node] = true;
    path_.push_back({node});
  }

  void leave(std::size_t node) {
    if (low_[node] != number_[node]) return;
    auto& circle = result_.emplace_back();
    for (bool done = false; !done;) {
      done = stack_.back() == node;
      on_stack_[stack_.back()] = false;
      circle.push_back(stack_.back());
      stack_.pop_back();
    }
  }

  const Edges& edges_;
  std::vector<std::size_t> number_;
  std::vector<std::size_t> low_;
  std::vector<bool> on_stack_;
  std::vector<std::size_t> stack_;
  std::vector<Visit> path_;
  std::vector<std::vector<std::size_t>> result_;
  std::size_t counter_ = 0;
};

// Within one circle: repeatedly the first by name with the fewest open Pre-Depends, then the fewest open Depends.
std::vector<std::size_t> by_pre_depends(std::vector<std::size_t> circle, const Edges& strong, const Edges& all) {
  std::sort(circle.begin(), circle.end());
  std::vector<std::size_t> done;
  while (!circle.empty()) {
    const auto open = [&](const std::vector<std::size_t>& list) {
      return std::count_if(list.begin(), list.end(),
                           [&](auto need) { return std::binary_search(circle.begin(), circle.end(), need); });
    };
    const auto best = std::min_element(circle.begin(), circle.end(), [&](auto a, auto b) {
      return std::pair(open(strong[a]), open(all[a])) < std::pair(open(strong[b]), open(all[b]));
    });
    done.push_back(*best);
    circle.erase(best);
  }
  return done;
}

std::vector<std::size_t> needs_of(const Bearers& bearers, const std::vector<Alternatives>& field, std::size_t self) {
  std::vector<std::size_t> list;
  for (const auto& need : field) {
    for (const auto other : bearers.meeting(need)) {
      if (other != self) list.push_back(other);
    }
  }
  return list;
}

}  // namespace

std::vector<const PackageRecord*> unpack_order(std::vector<const PackageRecord*> packages) {
  std::sort(packages.begin(), packages.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  const Bearers bearers(packages);
  Edges strong;
  Edges all;
  for (std::size_t i = 0; i < packages.size(); ++i) {
    strong.push_back(needs_of(bearers, packages[i]->pre_depends, i));
    all.push_back(strong.back());
    for (const auto need : needs_of(bearers, packages[i]->depends, i)) all.back().push_back(need);
  }
  std::vector<const PackageRecord*> ordered;
  for (auto& circle : Circles(all).find()) {
    for (const auto member : by_pre_depends(std::move(circle), strong, all)) ordered.push_back(packages[member]);
  }
  return ordered;
}

std::vector<const PackageRecord*> configured_before(const PackageRecord& package,
                                                    const std::vector<const PackageRecord*>& there,
                                                    const std::vector<const PackageRecord*>& before) {
  const Bearers standing(there);
  const Bearers earlier(before);
  std::vector<std::size_t> open;
  std::unordered_set<std::size_t> seen;
  const auto want = [&](const Alternatives& need) {
    const auto meeting = earlier.meeting(need);
    if (!meeting.empty() && seen.insert(meeting.front()).second) open.push_back(meeting.front());
  };
  for (const auto& need : package.pre_depends) {
    if (standing.meeting(need).empty()) want(need);
  }
  // dpkg configures a package when its Depends are configured: an older version that was is not enough any more.
  for (std::size_t i = 0; i < open.size(); ++i) {
    for (const auto* field : {&before[open[i]]->pre_depends, &before[open[i]]->depends}) {
      for (const auto& need : *field) want(need);
    }
  }
  std::sort(open.begin(), open.end());
  std::vector<const PackageRecord*> list;
  for (const auto number : open) list.push_back(before[number]);
  return list;
}

}  // namespace keelson::deb
