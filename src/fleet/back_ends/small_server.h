/// An API server in a few lines, for tests of back ends: objects by their path, with versions, merge patches, apply (of
/// whole fields), deletion with finalizers, label selectors, discovery, and faults that a test asks for.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/text.h"
#include "kube/objects.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::fleet::testing {

using kube::json;

class SmallServer {
 public:
  SmallServer() {
    transport_.otherwise([this](const kube::Request& request) { return answer(request); });
    transport_.otherwise_stream([this](const kube::Request& request, const auto& take, const std::stop_token& stop) {
      return watch(request, take, stop);
    });
  }
  kube::Transport& transport() { return transport_; }

  /// Looks at each request first: an answer of its own, or nothing. Called without the lock.
  std::function<std::optional<kube::Response>(const kube::Request&)> fault;
  void serve(const std::string& group, const std::string& version, const std::string& plural, const std::string& kind,
             bool namespaced = true) {
    served_[group][version].push_back({{"name", plural}, {"kind", kind}, {"namespaced", namespaced}});
  }
  /// @param path "/apis/keelson.dev/v1alpha1/noderecords/n1"
  void put(const std::string& path, json object) {
    const std::lock_guard lock(mutex_);
    store(path, std::move(object));
  }
  std::optional<json> object(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(path);
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
  }
  /// "PATCH /apis/…", in their order.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& request : transport_.requests()) names.push_back(request.name());
    return names;
  }
  std::size_t count(const std::string& name) const {
    const auto all = names();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), name));
  }

 private:
  using Response = kube::Response;

  void store(const std::string& path, json object) {
    json& metadata = object["metadata"];
    const auto before = objects_.find(path);
    metadata["name"] = path.substr(path.rfind('/') + 1);
    constexpr std::string_view spaces = "/namespaces/";
    if (const auto at = path.find(spaces); at != std::string::npos) {
      const auto space = at + spaces.size();
      metadata["namespace"] = path.substr(space, path.find('/', space) - space);
    }
    metadata["resourceVersion"] = std::to_string(++version_);
    metadata["uid"] = before != objects_.end()   ? before->second["metadata"]["uid"]
                      : metadata.contains("uid") ? metadata["uid"]
                                                 : json(fmt::format("uid-{}", version_));
    if (!metadata.contains("creationTimestamp"))
      metadata["creationTimestamp"] = fmt::format("2026-11-26T10:{:02}:{:02}Z", version_ / 60 % 60, version_ % 60);
    if (kube::is_being_deleted(object) && kube::list_at(object, {"metadata", "finalizers"}).empty())
      return drop(path, std::move(object));
    const bool is_new = before == objects_.end();
    const std::int64_t generation = is_new ? 0 : before->second["metadata"]["generation"].get<std::int64_t>();
    const bool changed = is_new || before->second.value("spec", json()) != object.value("spec", json());
    metadata["generation"] = generation + (changed ? 1 : 0);
    log_.push_back({path, is_new ? "ADDED" : "MODIFIED", object});
    objects_[path] = std::move(object);
  }
  void drop(const std::string& path, json object) {
    objects_.erase(path);
    log_.push_back({path, "DELETED", std::move(object)});
  }

  /// What has happened since the version, and what happens until it is stopped.
  kube::Streamed watch(const kube::Request& request, const std::function<bool(std::string_view)>& take,
                       const std::stop_token& stop) {
    const auto since = std::stoull(kube::testing::parameter(request, "resourceVersion"));
    for (std::size_t next = 0; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(2))) {
      const std::lock_guard lock(mutex_);
      for (; next < log_.size(); ++next) {
        const auto& [path, type, object] = log_[next];
        if (!is_in(path, request.path) || std::stoull(kube::resource_version_of(object)) <= since) continue;
        take(json{{"type", type}, {"object", object}}.dump() + '\n');
      }
    }
    return {.response = {.status = 200}, .end = kube::StreamEnd::Stopped};
  }

  static Response fine(const json& body) { return {.status = 200, .body = body.dump()}; }
  static Response refusal(int code, const char* reason, const std::string& message) {
    return {.status = code, .body = kube::testing::status_body(code, reason, message)};
  }
  static Response not_found(const std::string& path) { return refusal(404, "NotFound", path + " not found"); }

  Response answer(const kube::Request& request) {
    if (fault) {
      if (auto own = fault(request)) return *own;
    }
    const std::lock_guard lock(mutex_);
    if (const auto discovered = discover(request.path)) return *discovered;
    if (request.method == "PATCH") return patch(request);
    if (request.method == "DELETE") return remove(request);
    if (request.method == "POST") return create(request);
    const auto found = objects_.find(request.path);
    if (found != objects_.end()) return fine(found->second);
    return is_collection(request.path) ? list(request) : not_found(request.path);
  }

  bool is_collection(const std::string& path) const {
    const std::string plural = path.substr(path.rfind('/') + 1);
    if (path.starts_with("/api/")) return plural == "nodes";
    for (const auto& [group, versions] : served_) {
      for (const auto& [version, resources] : versions) {
        for (const auto& resource : resources) {
          if (resource["name"] == plural) return true;
        }
      }
    }
    return false;
  }

  /// Also those of all namespaces.
  static bool is_in(const std::string& path, const std::string& collection) {
    const std::string space = collection.substr(0, collection.rfind('/')) + "/namespaces/";
    const std::string plural = collection.substr(collection.rfind('/')) + '/';
    return path.starts_with(collection + '/') || (path.starts_with(space) && path.find(plural) != std::string::npos);
  }

  std::optional<Response> discover(const std::string& path) const {
    if (path == "/apis") {
      json groups = json::array();
      for (const auto& [group, versions] : served_) {
        json entries = json::array();
        for (const auto& [version, resources] : versions) entries.push_back({{"version", version}});
        groups.push_back(
            {{"name", group}, {"versions", entries}, {"preferredVersion", {{"version", versions.rbegin()->first}}}});
      }
      return fine({{"groups", groups}});
    }
    const std::string rest = path.starts_with("/apis/") ? path.substr(6) : std::string();
    if (split(rest, '/').size() != 2) return std::nullopt;
    for (const auto& [group, versions] : served_) {
      for (const auto& [version, resources] : versions) {
        if (rest == group + '/' + version) return fine({{"resources", resources}});
      }
    }
    return not_found(path);
  }

  Response list(const kube::Request& request) const {
    const std::string selector = kube::testing::parameter(request, "labelSelector");
    json items = json::array();
    for (const auto& [path, object] : objects_) {
      if (!is_in(path, request.path)) continue;
      const auto labels = kube::labels_of(object);
      bool fits = true;
      for (const auto term : split(selector, ',')) {
        if (term.empty()) continue;
        const auto label = labels.find(term.substr(0, term.find('=')));
        fits = fits && label != labels.end() && label->second == term.substr(term.find('=') + 1);
      }
      if (fits) items.push_back(object);
    }
    return fine({{"items", items}, {"metadata", {{"resourceVersion", std::to_string(version_)}}}});
  }

  Response create(const kube::Request& request) {
    json object = json::parse(request.body);
    const std::string path = request.path + '/' + kube::name_of(object);
    if (objects_.contains(path)) return refusal(409, "AlreadyExists", path + " already exists");
    store(path, std::move(object));
    return fine(objects_[path]);
  }

  Response patch(const kube::Request& request) {
    const bool is_status = request.path.ends_with("/status");
    const std::string path = is_status ? request.path.substr(0, request.path.size() - 7) : request.path;
    const bool apply = request.content_type == "application/apply-patch+yaml";
    const auto found = objects_.find(path);
    if (found == objects_.end() && !apply) return not_found(path);
    json object = found == objects_.end() ? json::object() : found->second;
    json change = json::parse(request.body);
    const std::string version = kube::resource_version_of(change);
    if (!version.empty() && version != kube::resource_version_of(object))
      return refusal(409, "Conflict", "the object has been modified");
    if (is_status) change = {{"status", change["status"]}};
    if (apply) {
      for (const auto& [key, value] : change["spec"].items()) object["spec"][key] = value;
      change.erase("spec");
    }
    object.merge_patch(change);
    store(path, std::move(object));
    const auto after = objects_.find(path);
    return after == objects_.end() ? fine(change) : fine(after->second);
  }

  Response remove(const kube::Request& request) {
    const auto found = objects_.find(request.path);
    if (found == objects_.end()) return not_found(request.path);
    const json options = request.body.empty() ? json::object() : json::parse(request.body);
    const std::string uid = kube::text_at(options, {"preconditions", "uid"});
    if (!uid.empty() && uid != kube::uid_of(found->second)) return refusal(409, "Conflict", "the UID differs");
    json object = found->second;
    object["metadata"]["deletionTimestamp"] =
        fmt::format("2026-11-26T10:{:02}:{:02}Z", version_ / 60 % 60, version_ % 60);
    store(request.path, object);
    return fine(object);
  }

  kube::testing::ScriptedTransport transport_;
  mutable std::mutex mutex_;
  std::map<std::string, json> objects_;
  std::map<std::string, std::map<std::string, std::vector<json>>> served_;
  struct Event {
    std::string path;
    std::string type;
    json object;
  };
  std::vector<Event> log_;
  std::size_t version_ = 100;
};

}  // namespace keelson::fleet::testing
