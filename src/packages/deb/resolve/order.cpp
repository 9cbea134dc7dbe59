#include "packages/deb/resolve/order.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "packages/deb/resolve/relation.h"

namespace keelson::deb {

namespace {

constexpr std::size_t kUnvisited = static_cast<std::size_t>(-1);
using Edges = std::vector<std::vector<std::size_t>>;  // package to what it needs; indices into the sorted order

class Graph {
 public:
  explicit Graph(std::span<const OrderedPackage> packages) : packages_(packages), sorted_(packages.size()) {
    std::iota(sorted_.begin(), sorted_.end(), std::size_t{0});
    std::sort(sorted_.begin(), sorted_.end(), [&](auto a, auto b) { return packages[a].name < packages[b].name; });
    for (std::size_t i = 0; i < sorted_.size(); ++i) index_provided(i);
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
      const auto& package = packages_[sorted_[i]];
      strong_.push_back(needs(i, package.pre_depends, "Pre-Depends"));
      all_.push_back(needs(i, package.depends, "Depends"));
      all_.back().insert(all_.back().begin(), strong_.back().begin(), strong_.back().end());
    }
  }

  std::vector<std::size_t> order() {
    std::vector<std::size_t> result;
    for (auto& circle : circles()) {
      for (const auto member : by_pre_depends(circle)) result.push_back(sorted_[member]);
    }
    return result;
  }

 private:
  void index_provided(std::size_t i) {
    const auto& package = packages_[sorted_[i]];
    bearers_[package.name].push_back({i, package.version});
    const std::string where = "Provides of " + std::string(package.name);
    for (const auto& own : parse_relation_list(package.provides, where)) bearers_[own.name].push_back({i, own.version});
  }

  std::vector<std::size_t> needs(std::size_t self, std::string_view field, std::string_view field_name) const {
    std::vector<std::size_t> list;
    for (const auto& alternatives :
         parse_relations(field, std::string(field_name) + " of " + std::string(packages_[sorted_[self]].name))) {
      for (const auto& relation : alternatives) {
        const auto found = bearers_.find(relation.name);
        if (found == bearers_.end()) continue;
        for (const auto& bearer : found->second) {
          if (bearer.package == self || !is_version_accepted(relation, bearer.version)) continue;
          list.push_back(bearer.package);
        }
      }
    }
    return list;
  }

  // Strongly connected components by Tarjan, with a stack of our own: each comes after those that it needs.
  std::vector<std::vector<std::size_t>> circles() const {
    struct Visit {
      std::size_t node;
      std::size_t next = 0;
    };
    std::vector<std::size_t> number(all_.size(), kUnvisited);
    std::vector<std::size_t> low(all_.size(), 0);
    std::vector<bool> on_stack(all_.size(), false);
    std::vector<std::size_t> stack;
    std::vector<std::vector<std::size_t>> result;
    std::size_t counter = 0;
    std::vector<Visit> path;
    const auto enter = [&](std::size_t node) {
      number[node] = low[node] = counter++;
      stack.push_back(node);
      on_stack[node] = true;
      path.push_back({node});
    };
    const auto leave = [&](std::size_t node) {
      if (low[node] != number[node]) return;
      auto& circle = result.emplace_back();
      for (bool done = false; !done;) {
        done = stack.back() == node;
        on_stack[stack.back()] = false;
        circle.push_back(stack.back());
        stack.pop_back();
      }
    };
    for (std::size_t root = 0; root < all_.size(); ++root) {
      if (number[root] != kUnvisited) continue;
      enter(root);
      while (!path.empty()) {
        Visit& visit = path.back();
        const std::size_t node = visit.node;
        if (visit.next < all_[node].size()) {
          const std::size_t need = all_[node][visit.next++];
          if (number[need] == kUnvisited) {
            enter(need);
          } else if (on_stack[need]) {
            low[node] = std::min(low[node], number[need]);
          }
          continue;
        }
        leave(node);
        path.pop_back();
        if (!path.empty()) low[path.back().node] = std::min(low[path.back().node], low[node]);
      }
    }
    return result;
  }

  // Within one circle: repeatedly the first by name whose Pre-Depends in the circle are done, those whose Depends are
  // done too before others; when Pre-Depends themselves form a circle, simply the first by name.
  std::vector<std::size_t> by_pre_depends(std::vector<std::size_t> circle) const {
    std::sort(circle.begin(), circle.end());
    std::vector<std::size_t> done;
    while (!circle.empty()) {
      const auto open = [&](const std::vector<std::size_t>& list) {
        return std::count_if(list.begin(), list.end(),
                             [&](auto need) { return std::binary_search(circle.begin(), circle.end(), need); });
      };
      auto best = std::min_element(circle.begin(), circle.end(), [&](auto a, auto b) {
        return std::pair(open(strong_[a]), open(all_[a])) < std::pair(open(strong_[b]), open(all_[b]));
      });
      done.push_back(*best);
      circle.erase(best);
    }
    return done;
  }

  struct Bearer {
    std::size_t package;
    std::string_view version;
  };

  std::span<const OrderedPackage> packages_;
  std::vector<std::size_t> sorted_;
  std::map<std::string_view, std::vector<Bearer>> bearers_;
  Edges strong_;
  Edges all_;
};

}  // namespace

std::vector<std::size_t> install_order(std::span<const OrderedPackage> packages) { return Graph(packages).order(); }

}  // namespace keelson::deb
