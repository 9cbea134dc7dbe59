#include "fleet/operations/request_labels.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace keelson::fleet {

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (!part.empty()) parts.push_back(part);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

// A resource's name as the API has them: short, lower case. Anything else was never one.
bool is_resource_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

struct Place {
  std::string resource = "other";
  bool one = false;  // a single object, not all of them
};

Place place_of(std::string_view path) {
  const auto parts = parts_of(path);
  if (parts.empty()) return {};
  if (parts[0] == "version" && parts.size() == 1) return {.resource = "version", .one = true};
  const std::size_t root = parts[0] == "api" ? 2 : parts[0] == "apis" ? 3 : 0;  // /api/v1, /apis/apps/v1
  if (root == 0) return {};
  if (parts.size() <= root) return {.resource = "discovery", .one = true};

  std::size_t at = root;
  if (parts[at] == "namespaces" && parts.size() > at + 2 && parts[at + 2] != "status" && parts[at + 2] != "finalize") {
    at += 2;  // what is in the space
  }
  const auto rest = parts.size() - at;
  if (!is_resource_name(parts[at])) return {};
  Place place{.resource = std::string(parts[at]), .one = rest > 1};
  if (rest > 2) {
    if (!is_resource_name(parts[at + 2])) return {};
    place.resource += '/' + std::string(parts[at + 2]);
  }
  return place;
}

bool asks_to_watch(const kube::Request& request) {
  return std::ranges::any_of(request.query, [](const auto& one) {
    return one.first == "watch" && (one.second == "1" || one.second == "true");
  });
}

std::string verb_of(const kube::Request& request, bool one) {
  const auto& method = request.method;
  if (method == "GET") return asks_to_watch(request) ? "watch" : one ? "get" : "list";
  if (method == "POST") return "create";
  if (method == "PATCH") return request.content_type == "application/apply-patch+yaml" ? "apply" : "patch";
  if (method == "PUT") return "update";
  if (method == "DELETE") return one ? "delete" : "deletecollection";
  return "other";
}

}  // namespace

RequestLabels request_labels(const kube::Request& request) {
  const Place place = place_of(request.path);
  return {.verb = verb_of(request, place.one), .resource = place.resource};
}

}  // namespace keelson::fleet
