#include "fleet/lifecycle/kubernetes_version.h"

#include <fmt/format.h>

#include <charconv>

namespace keelson::fleet::lifecycle {

namespace {

/// Takes a number of at most four digits without a leading zero from the front.
std::optional<int> take_number(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0 || digits > 4 || (digits > 1 && text.front() == '0')) return std::nullopt;
  int value = 0;
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return value;
}

bool take_dot(std::string_view& text) {
  if (text.empty() || text.front() != '.') return false;
  text.remove_prefix(1);
  return true;
}

bool is_suffix(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != '-' && text.front() != '+') return false;
  return text.size() > 1 && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+_") ==
             std::string_view::npos;
}

}  // namespace

std::string KubernetesMinor::text() const { return fmt::format("{}.{}", major, minor); }

std::strong_ordering KubernetesVersion::operator<=>(const KubernetesVersion& other) const {
  if (const auto order = release <=> other.release; order != 0) return order;
  return patch <=> other.patch;
}

std::string KubernetesVersion::text() const {
  return release.text() + (patch < 0 ? "" : fmt::format(".{}", patch)) + suffix;
}

std::optional<KubernetesVersion> parse_kubernetes_version(std::string_view text) {
  if (!text.empty() && text.front() == 'v') text.remove_prefix(1);
  KubernetesVersion version;
  const auto major = take_number(text);
  if (!major || !take_dot(text)) return std::nullopt;
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  version.release = {*major, *minor};
  if (take_dot(text)) {
    const auto patch = take_number(text);
    if (!patch) return std::nullopt;
    version.patch = *patch;
  }
  if (!is_suffix(text)) return std::nullopt;
  version.suffix = std::string(text);
  return version;
}

int most_skew(KubernetesMinor server) { return server < KubernetesMinor{1, 28} ? 2 : 3; }

std::string skew_fault(KubernetesMinor kubelet, KubernetesMinor server) {
  if (kubelet > server) {
    return fmt::format("kubelet {} is newer than the API server {}", kubelet.text(), server.text());
  }
  if (kubelet.major != server.major) {
    return fmt::format("kubelet {} is of another major version than the API server {}", kubelet.text(), server.text());
  }
  const int behind = server.minor - kubelet.minor;
  if (behind <= most_skew(server)) return {};
  return fmt::format("kubelet {} is {} minor versions behind the API server {}; at most {} are supported",
                     kubelet.text(), behind, server.text(), most_skew(server));
}

}  // namespace keelson::fleet::lifecycle
