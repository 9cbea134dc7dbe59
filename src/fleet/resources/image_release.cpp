#include "fleet/resources/image_release.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "fleet/lifecycle/kubernetes_version.h"
#include "fleet/resources/kinds.h"
#include "fleet/resources/read_resource.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;

constexpr std::size_t kMostArchitectures = 16;

struct TextField {
  const char* key;
  std::string Release::*member;
};
// What a node tells of itself in words; digests have a form.
constexpr std::array<TextField, 4> kTold{{{"kernel", &Release::kernel},
                                          {"containerd", &Release::containerd},
                                          {"selinux", &Release::selinux},
                                          {"fips", &Release::fips}}};

std::string read_minor(const JsonPlace& place) {
  const auto text = place.text(16);
  if (!text) return {};
  const auto version = lifecycle::parse_kubernetes_version(*text);
  if (version && version->release.text() == *text) return *text;
  place.wrong("is not a minor version of Kubernetes like 1.32");
  return {};
}

void read_kubernetes(const JsonPlace& fields, ImageRelease& release) {
  static constexpr std::array<string_view, 2> kMembers{"min", "max"};
  if (!fields.check_members(kMembers)) return;
  release.least_kubernetes = read_minor(fields.member("min"));
  release.most_kubernetes = read_minor(fields.member("max"));
  if (release.least_kubernetes.empty() || release.most_kubernetes.empty()) return;
  if (lifecycle::parse_kubernetes_version(release.most_kubernetes)->release <
      lifecycle::parse_kubernetes_version(release.least_kubernetes)->release)
    fields.member("max").wrong("is before 'min'");
}

void read_architectures(const JsonPlace& list, ImageRelease& release) {
  for (const auto& place : list.list(0, kMostArchitectures)) {
    auto text = place.text(32);
    if (!text) continue;
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    if (!std::all_of(text->begin(), text->end(), fits))
      place.wrong("is not an architecture as the API calls it, like amd64");
    if (std::find(release.architectures.begin(), release.architectures.end(), *text) != release.architectures.end())
      place.wrong("is there twice");
    release.architectures.push_back(std::move(*text));
  }
}

std::optional<lifecycle::Day> read_end(const JsonPlace& place) {
  const auto text = place.text(16);
  if (!text) return std::nullopt;
  auto day = lifecycle::parse_day(*text);
  if (!day) place.wrong("is not a day like 2027-11-30, or a month like 2027-11");
  return day;
}

void read_denied(const JsonPlace& fields, ImageRelease& release) {
  static constexpr std::array<string_view, 1> kMembers{"reason"};
  if (fields.check_members(kMembers)) release.denied = fields.require("reason").text(kMostMessage).value_or("");
}

void read_spec(const JsonPlace& spec, ImageRelease& release) {
  static constexpr std::array<string_view, 13> kMembers{
      "image",   "imageDigest", "manifestHash", "kernel",        "containerd", "selinux", "fips",
      "channel", "published",   "kubernetes",   "architectures", "endOfLife",  "denied"};
  if (!spec.check_members(kMembers)) return;
  release.image = spec.member("image").text(kMostImage).value_or("");
  release.release.image_digest = read_digest(spec.member("imageDigest")).value_or("");
  release.release.manifest_hash = read_digest(spec.member("manifestHash")).value_or("");
  for (const auto& [key, member] : kTold) release.release.*member = spec.member(key).text().value_or("");
  release.channel = read_object_name(spec.member("channel")).value_or("");
  release.published = read_moment(spec.member("published"));
  read_kubernetes(spec.member("kubernetes"), release);
  read_architectures(spec.member("architectures"), release);
  release.end_of_life = read_end(spec.member("endOfLife"));
  read_denied(spec.member("denied"), release);
}

bool is_past_end(const ImageRelease& release, Moment now) {
  return release.end_of_life && std::chrono::floor<std::chrono::days>(now) > release.end_of_life->last;
}

std::string why_not_for_kubelet(const ImageRelease& release, const Node& node) {
  if (release.least_kubernetes.empty() && release.most_kubernetes.empty()) return {};
  const auto kubelet = lifecycle::parse_kubernetes_version(node.kubelet);
  if (!kubelet) return "the version of its kubelet is not known";
  const auto least = lifecycle::parse_kubernetes_version(release.least_kubernetes);
  const auto most = lifecycle::parse_kubernetes_version(release.most_kubernetes);
  if (least && kubelet->release < least->release)
    return fmt::format("its kubelet is {}, the release is for {} and later", kubelet->release.text(),
                       least->release.text());
  if (most && kubelet->release > most->release)
    return fmt::format("its kubelet is {}, the release is for {} and earlier", kubelet->release.text(),
                       most->release.text());
  return {};
}

}  // namespace

ImageRelease read_image_release(const json& resource) {
  ImageRelease release;
  read_whole(resource, "ImageRelease", "image release", [&](const ResourceFrame& frame, const JsonPlace& whole) {
    release.release.name = frame.name;
    read_spec(whole.require("spec"), release);
  });
  return release;
}

json image_release_json(const ImageRelease& release) {
  json spec = json::object();
  const auto put = [&spec](const char* key, const std::string& text) {
    if (!text.empty()) spec[key] = text;
  };
  put("image", release.image);
  put("imageDigest", release.release.image_digest);
  put("manifestHash", release.release.manifest_hash);
  for (const auto& [key, member] : kTold) put(key, release.release.*member);
  put("channel", release.channel);
  if (release.published) spec["published"] = moment_text(*release.published);
  if (!release.least_kubernetes.empty()) spec["kubernetes"]["min"] = release.least_kubernetes;
  if (!release.most_kubernetes.empty()) spec["kubernetes"]["max"] = release.most_kubernetes;
  if (!release.architectures.empty()) spec["architectures"] = release.architectures;
  if (release.end_of_life) spec["endOfLife"] = release.end_of_life->text;
  if (release.denied) spec["denied"] = {{"reason", *release.denied}};
  return {{"apiVersion", image_releases().api_version()},
          {"kind", "ImageRelease"},
          {"metadata", {{"name", release.release.name}}},
          {"spec", std::move(spec)}};
}

std::string why_not_for(const ImageRelease& release, const Node& node, Moment now) {
  if (release.denied)
    return fmt::format("the release is denied: {}", release.denied->empty() ? "no reason is given" : *release.denied);
  if (is_past_end(release, now)) return fmt::format("the release ended on {}", release.end_of_life->text);
  const auto& fits = release.architectures;
  if (!fits.empty() && std::find(fits.begin(), fits.end(), node.architecture) == fits.end())
    return fmt::format("the release is for {}, the node is {}", fmt::join(fits, ", "),
                       node.architecture.empty() ? "of an unknown architecture" : node.architecture);
  return why_not_for_kubelet(release, node);
}

const ImageRelease* newest_of(const std::vector<ImageRelease>& releases, const std::string& channel, Moment now) {
  const ImageRelease* newest = nullptr;
  // One whose time is not known is older than all others: nothing is before a missing value.
  const auto order = [](const ImageRelease& release) { return std::tie(release.published, release.release.name); };
  for (const auto& release : releases) {
    if (release.channel != channel || release.denied || is_past_end(release, now)) continue;
    if (newest == nullptr || order(*newest) < order(release)) newest = &release;
  }
  return newest;
}

}  // namespace keelson::fleet
