#include "kube/discovery.h"

#include <charconv>

namespace keelson::kube {

namespace {

constexpr std::size_t kMostResources = 10'000;

unsigned leading_number(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ServedResource read_resource(const json& entry) {
  ServedResource resource{.name = text_at(entry, {"name"}),
                          .kind = text_at(entry, {"kind"}),
                          .namespaced = flag_at(entry, {"namespaced"}),
                          .group = text_at(entry, {"group"}),
                          .version = text_at(entry, {"version"})};
  for (const auto& verb : list_at(entry, {"verbs"})) {
    if (verb.is_string()) resource.verbs.push_back(verb.get<std::string>());
  }
  return resource;
}

}  // namespace

json Discovery::ask(const std::string& path, const std::string& what, const std::stop_token& stop) {
  return api_.ask({.verb = "get", .resource = what}, {.path = path, .deadline = api_.options().deadline},
                  Retry::Idempotent, stop);
}

ServerVersion Discovery::version(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (version_) return *version_;
  }
  const json answer = ask("/version", "the server's version", stop);
  ServerVersion version{.text = text_at(answer, {"gitVersion"}),
                        .major = leading_number(text_at(answer, {"major"})),
                        .minor = leading_number(text_at(answer, {"minor"}))};
  const std::lock_guard lock(mutex_);
  version_ = version;
  return version;
}

std::vector<std::string> Discovery::versions(const std::string& group, const std::stop_token& stop) {
  if (group.empty()) return {"v1"};
  {
    const std::lock_guard lock(mutex_);
    if (groups_) return groups_->contains(group) ? groups_->at(group) : std::vector<std::string>{};
  }
  const json answer = ask("/apis", "the API groups", stop);
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& entry : list_at(answer, {"groups"})) {
    auto& versions = groups[text_at(entry, {"name"})];
    const std::string preferred = text_at(entry, {"preferredVersion", "version"});
    if (!preferred.empty()) versions.push_back(preferred);
    for (const auto& version : list_at(entry, {"versions"})) {
      const std::string name = text_at(version, {"version"});
      if (!name.empty() && name != preferred) versions.push_back(name);
    }
  }
  const std::lock_guard lock(mutex_);
  groups_ = std::move(groups);
  return groups_->contains(group) ? groups_->at(group) : std::vector<std::string>{};
}

std::optional<ServedResource> Discovery::find(const std::string& group, const std::string& version,
                                              const std::string& name, const std::stop_token& stop) {
  const std::string key = group + '/' + version;
  const auto look = [&]() -> std::optional<ServedResource> {
    for (const auto& resource : resources_.at(key)) {
      if (resource.name == name) return resource;
    }
    return std::nullopt;
  };
  {
    const std::lock_guard lock(mutex_);
    if (resources_.contains(key)) return look();
  }
  std::vector<ServedResource> resources;
  try {
    const json answer = ask(group.empty() ? "/api/" + version : "/apis/" + key, "the API " + key, stop);
    for (const auto& entry : list_at(answer, {"resources"})) {
      if (resources.size() == kMostResources) break;
      resources.push_back(read_resource(entry));
    }
  } catch (const ApiError& error) {
    if (error.kind() != ErrorKind::NotFound) throw;
  }
  const std::lock_guard lock(mutex_);
  resources_[key] = std::move(resources);
  return look();
}

std::optional<Resource> Discovery::choose(const std::string& group, const std::vector<std::string>& wanted,
                                          const std::string& plural, const std::stop_token& stop) {
  for (const auto& version : wanted) {
    if (const auto found = find(group, version, plural, stop)) {
      return Resource{group, version, plural, found->kind, found->namespaced};
    }
  }
  return std::nullopt;
}

void Discovery::forget() {
  const std::lock_guard lock(mutex_);
  version_.reset();
  groups_.reset();
  resources_.clear();
}

}  // namespace keelson::kube
