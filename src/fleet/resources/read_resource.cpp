#include "fleet/resources/read_resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "fleet/resources/kinds.h"

namespace keelson::fleet {

namespace {

using std::string_view;

bool is_lower(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

}  // namespace

bool is_object_name(string_view text) {
  if (text.empty() || text.size() > kMostName) return false;
  const auto parts = split(text, '.');
  return std::all_of(parts.begin(), parts.end(), [](string_view part) {
    return !part.empty() && is_lower(part.front()) && is_lower(part.back()) &&
           std::all_of(part.begin(), part.end(), [](char c) { return is_lower(c) || c == '-'; });
  });
}

std::optional<std::string> read_object_name(const JsonPlace& place) {
  auto text = place.text(kMostName);
  if (!text || is_object_name(*text)) return text;
  place.wrong("is not the name of an object: lower-case letters, digits, '-' and '.'");
  return std::nullopt;
}

std::vector<std::string> read_object_names(const JsonPlace& list, std::size_t most) {
  std::vector<std::string> names;
  for (const auto& place : list.list(0, most)) {
    auto name = read_object_name(place);
    if (!name) continue;
    if (std::find(names.begin(), names.end(), *name) != names.end()) place.wrong("is there twice");
    names.push_back(std::move(*name));
  }
  return names;
}

std::optional<std::string> read_digest(const JsonPlace& place) {
  constexpr string_view kPrefix = "sha256:";
  auto text = place.text(128);
  if (!text) return std::nullopt;
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text->size() == kPrefix.size() + 64 && text->starts_with(kPrefix) &&
      std::all_of(text->begin() + kPrefix.size(), text->end(), is_hex))
    return text;
  place.wrong("is not 'sha256:' and 64 hexadecimal digits in lower case");
  return std::nullopt;
}

std::optional<Moment> read_moment(const JsonPlace& place) {
  const auto text = place.text(40);
  if (!text) return std::nullopt;
  const std::size_t size = text->size();
  const bool has_offset = text->back() == 'Z' || (size > 6 && ((*text)[size - 6] == '+' || (*text)[size - 6] == '-'));
  const auto seconds = parse_timestamp(*text);
  if (seconds && has_offset && size > 10) return Moment(std::chrono::seconds(*seconds));
  place.wrong(fmt::format("'{}' is not a time like 2026-11-26T10:00:00Z", harmless_text(*text)));
  return std::nullopt;
}

std::string moment_text(Moment moment) { return timestamp_text(moment.time_since_epoch().count()); }

void read_part(const JsonPlace& place, const std::function<void(const nlohmann::json&, string_view)>& read) {
  constexpr std::size_t kMostShown = 512;
  constexpr string_view kName = "part";
  if (!place.is_there()) return;
  try {
    read(*place.value(), kName);
  } catch (const Error& error) {
    string_view why = error.message();
    if (constexpr string_view kPrefix = "cannot read 'part': "; why.starts_with(kPrefix))
      why.remove_prefix(kPrefix.size());
    place.wrong(harmless_text(why.substr(0, kMostShown)));
  }
}

ResourceFrame read_frame(const JsonPlace& resource, string_view kind) {
  static constexpr std::array<string_view, 5> kMembers{"apiVersion", "kind", "metadata", "spec", "status"};
  ResourceFrame frame;
  if (!resource.check_members(kMembers)) return frame;
  const auto version = resource.require("apiVersion");
  if (const auto text = version.text(); text && *text != fmt::format("{}/{}", kGroup, kVersion))
    version.wrong(fmt::format("is not {}/{}", kGroup, kVersion));
  const auto said = resource.require("kind");
  if (const auto text = said.text(); text && *text != kind) said.wrong(fmt::format("is not {}", kind));
  const auto meta = resource.require("metadata");
  is_object(meta);
  frame.name = read_object_name(meta.require("name")).value_or("");
  frame.uid = meta.member("uid").text(128).value_or("");
  frame.resource_version = meta.member("resourceVersion").text(128).value_or("");
  frame.generation = meta.member("generation").whole(0, INT64_MAX).value_or(0);
  return frame;
}

void read_whole(const nlohmann::json& resource, string_view kind, string_view what,
                const std::function<void(const ResourceFrame&, const JsonPlace&)>& read) {
  JsonFindings findings;
  ResourceFrame frame;
  const JsonPlace whole(&resource, "", findings);
  if (resource.is_object()) {
    frame = read_frame(whole, kind);
    read(frame, whole);
  } else {
    findings.add("the document", "is not an object");
  }
  findings.refuse_if_any(what, frame.name.empty() ? "?" : frame.name);
}

bool is_object(const JsonPlace& place) {
  if (place.is_there() && !place.value()->is_object()) place.wrong("is not an object");
  return place.is_there() && place.value()->is_object();
}

Release read_release_part(const JsonPlace& fields, Named named) {
  Release release;
  if (!is_object(fields)) return release;
  const auto read = [&](string_view key) { return fields.member(key).text().value_or(""); };
  release.name = named == Named::Must ? fields.require("name").text().value_or("") : read("name");
  release.image_digest = read("imageDigest");
  release.manifest_hash = read("manifestHash");
  release.kernel = read("kernel");
  release.containerd = read("containerd");
  release.selinux = read("selinux");
  release.fips = read("fips");
  return release;
}

}  // namespace keelson::fleet
