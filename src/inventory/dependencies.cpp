#include "inventory/dependencies.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "packages/deb/resolve/relation.h"

namespace keelson::inventory {

namespace {

constexpr std::size_t kMostProviders = 16;
constexpr std::size_t kMostLooked = 64;  // packages of one name that are compared, so that no list makes this quadratic

struct Provider {
  std::size_t package = 0;
  std::string_view version;  // "": provided without one, which fulfils no relation that asks for one
};

class Installed {
 public:
  explicit Installed(std::span<const Package> packages) : packages_(packages) {
    for (std::size_t i = 0; i < packages.size(); ++i) {
      named_[packages[i].name].push_back(i);
      add_provided(i);
    }
  }

  std::vector<std::size_t> dependencies_of(const Package& package) const {
    std::vector<std::size_t> found;
    std::vector<deb::Alternatives> groups;
    try {
      groups = deb::parse_relations(package.depends, "Depends");
    } catch (const Error&) {
      return found;
    }
    for (const auto& alternatives : groups) {
      for (const auto& relation : alternatives) {
        const auto fulfilling = fulfil(relation, package.architecture);
        found.insert(found.end(), fulfilling.begin(), fulfilling.end());
        if (!fulfilling.empty()) break;
      }
    }
    const auto self = static_cast<std::size_t>(&package - packages_.data());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    std::erase(found, self);
    return found;
  }

 private:
  void add_provided(std::size_t package) {
    try {
      for (const auto& relation : deb::parse_relation_list(packages_[package].provides, "Provides"))
        provided_[relation.name].push_back({package, relation.version});
    } catch (const Error&) {
    }
  }

  bool is_near(const Package& package, const deb::Relation& relation, std::string_view architecture) const {
    if (!relation.qualifier.empty() && relation.qualifier != "any") return package.architecture == relation.qualifier;
    return package.architecture == architecture || package.architecture == "all" || architecture == "all";
  }

  std::vector<std::size_t> fulfil(const deb::Relation& relation, std::string_view architecture) const {
    std::vector<std::size_t> near;
    std::vector<std::size_t> far;  // of another architecture: "Multi-Arch: foreign"
    if (const auto named = named_.find(relation.name); named != named_.end()) {
      for (const std::size_t i : std::span(named->second).first(std::min(named->second.size(), kMostLooked))) {
        if (!deb::is_version_accepted(relation, packages_[i].version)) continue;
        (is_near(packages_[i], relation, architecture) ? near : far).push_back(i);
      }
    }
    if (!near.empty()) return {near.front()};
    if (!far.empty()) return {far.front()};
    return providers(relation);
  }

  std::vector<std::size_t> providers(const deb::Relation& relation) const {
    std::vector<std::size_t> found;
    const auto provided = provided_.find(relation.name);
    if (provided == provided_.end()) return found;
    for (const auto& provider : std::span(provided->second).first(std::min(provided->second.size(), kMostLooked))) {
      const bool asked = relation.test != deb::VersionTest::Any;
      if (asked && (provider.version.empty() || !deb::is_version_accepted(relation, provider.version))) continue;
      if (found.size() < kMostProviders) found.push_back(provider.package);
    }
    return found;
  }

  std::span<const Package> packages_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> named_;
  std::unordered_map<std::string_view, std::vector<Provider>> provided_;
};

}  // namespace

std::vector<std::vector<std::size_t>> resolve_dependencies(std::span<const Package> packages) {
  const Installed installed(packages);
  std::vector<std::vector<std::size_t>> all;
  all.reserve(packages.size());
  for (const auto& package : packages) all.push_back(installed.dependencies_of(package));
  return all;
}

}  // namespace keelson::inventory
