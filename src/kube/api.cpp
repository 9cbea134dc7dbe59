#include "kube/api.h"

#include <fmt/format.h>

#include <algorithm>

#include "kube/json_text.h"

namespace keelson::kube {

namespace {

using std::chrono::milliseconds;

constexpr unsigned kMostListStarts = 4;
constexpr std::string_view kJson = "application/json";

bool is_success(int status) { return status >= 200 && status < 300; }

/// Whether another attempt may help and may be made.
bool may_repeat(const Response& response, Retry retry) {
  if (retry == Retry::Never) return false;
  if (response.status == 429) return true;  // refused before anything was done
  if (retry != Retry::Idempotent) return false;
  if (response.status == 503 || response.status == 504) return true;
  return response.status == 500 && !response.header("retry-after").empty();
}

bool may_repeat(const TransportError& error, Retry retry) {
  if (retry == Retry::Never || error.kind() != ErrorKind::Unavailable) return false;
  return retry == Retry::Idempotent || error.arrival() == TransportError::Arrival::Never;
}

Patch patch_of(std::string_view type, json body, std::string manager) {
  return {.content_type = std::string(type), .body = std::move(body), .field_manager = std::move(manager)};
}

}  // namespace

Action action_on(std::string verb, const Resource& resource, const ObjectName& object, std::string_view subresource) {
  std::string what = resource.plural;
  if (!subresource.empty()) what += fmt::format("/{}", subresource);
  return {.verb = std::move(verb),
          .resource = std::move(what),
          .group = resource.group,
          .space = resource.namespaced ? object.space : std::string(),
          .name = object.name};
}

Patch merge_patch(json body, std::string field_manager) {
  const bool repeatable = resource_version_of(body).empty();
  Patch patch = patch_of("application/merge-patch+json", std::move(body), std::move(field_manager));
  patch.repeatable = repeatable;  // the second would meet the version that the first made
  return patch;
}

Patch json_patch(json operations, std::string field_manager) {
  Patch patch = patch_of("application/json-patch+json", std::move(operations), std::move(field_manager));
  patch.repeatable = false;
  return patch;
}

Patch apply_patch(json object, std::string field_manager) {
  return patch_of("application/apply-patch+yaml", std::move(object), std::move(field_manager));
}

Patch force_apply_patch(json object, std::string field_manager) {
  Patch patch = apply_patch(std::move(object), std::move(field_manager));
  patch.force = true;
  return patch;
}

Api::Api(Transport& transport, Clock& clock, ApiOptions options)
    : transport_(transport), clock_(clock), options_(std::move(options)) {}

double Api::random() {
  if (!options_.random) return 0;
  const std::lock_guard lock(random_mutex_);
  return options_.random();
}

bool Api::take_turn(const std::stop_token& stop) {
  return options_.limit == nullptr ? !stop.stop_requested() : options_.limit->acquire(stop);
}

milliseconds Api::pause(unsigned attempt, const std::optional<std::chrono::seconds>& asked) {
  if (asked) return *asked;
  const milliseconds full = std::min(options_.longest_wait, options_.first_wait * (1U << std::min(attempt, 10U)));
  return std::chrono::duration_cast<milliseconds>(full * (1 - random() / 2));
}

Response Api::call(const Action& action, const Request& request, Retry retry, const std::stop_token& stop) {
  const auto stopped = [&] {
    return TransportError(ErrorKind::Unavailable, TransportError::Arrival::Never,
                          fmt::format("cannot {} {}: it was stopped", action.verb, action.resource));
  };
  for (unsigned attempt = 1;; ++attempt) {
    if (!take_turn(stop)) throw stopped();
    const bool last = attempt >= options_.attempts;
    milliseconds wait{};
    try {
      Response response = transport_.send(request, stop);
      if (last || !may_repeat(response, retry)) return response;
      wait = pause(attempt - 1, parse_status(response).retry_after);
      if (wait > options_.longest_wait) return response;
    } catch (const TransportError& error) {
      if (last || stop.stop_requested() || !may_repeat(error, retry)) throw;
      wait = pause(attempt - 1, std::nullopt);
    }
    if (!sleep_for(clock_, wait, stop)) throw stopped();
  }
}

json Api::ask(const Action& action, const Request& request, Retry retry, const std::stop_token& stop) {
  const Response response = call(action, request, retry, stop);
  if (!is_success(response.status)) throw api_error(action, parse_status(response));
  json body = parse_json(response.body, fmt::format("the server's answer to '{}'", request.name()));
  if (auto failure = failure_within(body)) throw api_error(action, std::move(*failure));
  return body;
}

json Api::get(const Resource& resource, const ObjectName& object, const std::stop_token& stop) {
  const Request request{.path = object_path(resource, object), .deadline = options_.deadline};
  return ask(action_on("get", resource, object), request, Retry::Idempotent, stop);
}

std::optional<json> Api::find(const Resource& resource, const ObjectName& object, const std::stop_token& stop) {
  try {
    return get(resource, object, stop);
  } catch (const ApiError& error) {
    if (error.kind() == ErrorKind::NotFound && error.is("NotFound")) return std::nullopt;
    throw;
  }
}

Request Api::page_request(const Resource& resource, const ListOptions& options, const std::string& token) const {
  Request request{.path = collection_path(resource, options.space), .deadline = options_.deadline};
  if (!options.label_selector.empty()) request.query.emplace_back("labelSelector", options.label_selector);
  if (!options.field_selector.empty()) request.query.emplace_back("fieldSelector", options.field_selector);
  request.query.emplace_back("limit", std::to_string(options.page));
  if (!token.empty()) request.query.emplace_back("continue", token);
  return request;
}

/// @return false when the server has forgotten the version that the pages are of.
bool Api::list_once(const Resource& resource, const ListOptions& options, List& list, const std::stop_token& stop) {
  const Action action = action_on("list", resource, {options.space, ""});
  list = {};
  std::string token;
  do {
    const Request request = page_request(resource, options, token);
    const Response response = call(action, request, Retry::Idempotent, stop);
    if (response.status == 410 && !token.empty()) return false;
    if (!is_success(response.status)) throw api_error(action, parse_status(response));
    json page = parse_json(response.body, fmt::format("the server's answer to '{}'", request.name()));
    if (list.items.size() + list_at(page, {"items"}).size() > options.most_items) {
      throw Error(ErrorKind::Refused,
                  fmt::format("cannot list {}: there are more than {}", resource.plural, options.most_items));
    }
    if (json* items = page.is_object() && page.contains("items") ? &page["items"] : nullptr) {
      if (!items->is_array()) items = nullptr;
      for (std::size_t i = 0; items != nullptr && i < items->size(); ++i) {
        json& item = (*items)[i];
        if (!item.is_object()) continue;
        item["apiVersion"] = resource.api_version();
        item["kind"] = resource.kind;
        if (options.trim) options.trim(item);
        list.items.push_back(std::move(item));
      }
    }
    list.resource_version = resource_version_of(page);
    const std::string next = text_at(page, {"metadata", "continue"});
    if (!next.empty() && next == token) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot list {}: the server gives one page for ever", resource.plural));
    }
    token = next;
  } while (!token.empty());
  return true;
}

List Api::list(const Resource& resource, const ListOptions& options, const std::stop_token& stop) {
  List list;
  for (unsigned start = 0; start < kMostListStarts; ++start) {
    if (list_once(resource, options, list, stop)) return list;
  }
  throw Error(ErrorKind::Unavailable,
              fmt::format("cannot list {}: the server forgot the list {} times before it was whole", resource.plural,
                          kMostListStarts),
              "the server compacts its history faster than it answers: ask for larger pages");
}

json Api::create(const Resource& resource, const std::string& space, const json& object,
                 const std::string& field_manager, const std::stop_token& stop) {
  if (resource.namespaced && space.empty()) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot create {}: no namespace is given", resource.kind));
  }
  const Request request{.method = "POST",
                        .path = collection_path(resource, space),
                        .query = {{"fieldManager", field_manager}},
                        .content_type = std::string(kJson),
                        .body = json_text(object),
                        .deadline = options_.deadline};
  return ask(action_on("create", resource, {space, name_of(object)}), request, Retry::IfUntouched, stop);
}

Deletion Api::remove(const Resource& resource, const ObjectName& object, const DeleteOptions& options,
                     const std::stop_token& stop) {
  json body = {{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
  if (!options.uid.empty()) body["preconditions"]["uid"] = options.uid;
  if (!options.resource_version.empty()) body["preconditions"]["resourceVersion"] = options.resource_version;
  if (options.grace_period) body["gracePeriodSeconds"] = options.grace_period->count();
  if (!options.propagation.empty()) body["propagationPolicy"] = options.propagation;
  const Request request{.method = "DELETE",
                        .path = object_path(resource, object),
                        .content_type = std::string(kJson),
                        .body = json_text(body),
                        .deadline = options_.deadline};
  const Action action = action_on("delete", resource, object);
  // Without a uid, a second attempt could hit an object that has meanwhile taken the name.
  const Response response = call(action, request, options.uid.empty() ? Retry::IfUntouched : Retry::Idempotent, stop);
  if (is_success(response.status)) return Deletion::Accepted;
  Status status = parse_status(response);
  if (status.code == 404 && status.reason == "NotFound") return Deletion::Gone;
  const bool guarded = !options.uid.empty() || !options.resource_version.empty();
  if (guarded && status.code == 409) return Deletion::Different;
  throw api_error(action, std::move(status));
}

json Api::patch(const Resource& resource, const ObjectName& object, const Patch& patch, const std::string& subresource,
                const std::stop_token& stop) {
  Request request{.method = "PATCH",
                  .path = object_path(resource, object, subresource),
                  .query = {{"fieldManager", patch.field_manager}},
                  .content_type = patch.content_type,
                  .body = json_text(patch.body),
                  .deadline = options_.deadline};
  if (patch.force) request.query.emplace_back("force", "true");
  if (patch.dry_run) request.query.emplace_back("dryRun", "All");
  return ask(action_on("patch", resource, object, subresource), request,
             patch.repeatable ? Retry::Idempotent : Retry::IfUntouched, stop);
}

}  // namespace keelson::kube
