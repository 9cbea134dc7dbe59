#include "inventory/package_url.h"

#include <fmt/format.h>

namespace keelson::inventory {

namespace {

// "Character encoding": everything but letters, digits, ".", "-", "_", "~" and ":" is percent-encoded.
std::string encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '-' || c == '_' || c == '~' || c == ':';
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Qualifiers are sorted by their keys; one without a value does not stand there.
std::string url(std::string_view name, std::string_view version, std::string_view architecture,
                std::string_view upstream, const Distribution& distribution) {
  std::string result = "pkg:deb/";
  if (!distribution.id.empty()) result += encoded(lower(distribution.id)) + "/";
  result += encoded(lower(name));
  if (!version.empty()) result += "@" + encoded(version);
  char separator = '?';
  const auto add = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    result += fmt::format("{}{}={}", separator, key, encoded(value));
    separator = '&';
  };
  add("arch", architecture);
  add("distro", distribution.label());
  add("upstream", upstream);
  return result;
}

}  // namespace

std::string Distribution::label() const {
  if (!id.empty() && !version.empty()) return fmt::format("{}-{}", id, version);
  return codename;
}

std::string package_url(const Package& package, const Distribution& distribution) {
  std::string upstream;
  if (package.source_version != package.version) {
    upstream = fmt::format("{}@{}", package.source, package.source_version);
  } else if (package.source != package.name) {
    upstream = package.source;
  }
  return url(package.name, package.version, package.architecture, upstream, distribution);
}

std::string source_package_url(std::string_view name, std::string_view version, const Distribution& distribution) {
  return url(name, version, "source", {}, distribution);
}

}  // namespace keelson::inventory
