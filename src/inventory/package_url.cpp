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
                std::string_view upstream, const Distribution& distribution, PackageFamily family) {
  const bool rpm = family == PackageFamily::Rpm;
  std::string result = rpm ? "pkg:rpm/" : "pkg:deb/";
  if (!distribution.id.empty()) result += encoded(lower(distribution.id)) + "/";
  result += rpm ? encoded(name) : encoded(lower(name));  // RPM's names differ by case
  // "The package epoch is a qualifier as it's not required for unique identification": type "rpm".
  std::string_view epoch;
  if (const auto colon = version.find(':'); rpm && colon != std::string_view::npos) {
    epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  if (!version.empty()) result += "@" + encoded(version);
  char separator = '?';
  const auto add = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    result += fmt::format("{}{}={}", separator, key, encoded(value));
    separator = '&';
  };
  add("arch", architecture);
  add("distro", distribution.label());
  add("epoch", epoch);
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
  if (package.family == PackageFamily::Rpm) {
    // Scanners know the name of the source RPM.
    const auto version = std::string_view(package.source_version);
    const auto colon = version.find(':');
    if (package.source != package.name || package.source_version != package.version)
      upstream = fmt::format("{}-{}.src.rpm", package.source, version.substr(colon == version.npos ? 0 : colon + 1));
  } else if (package.source_version != package.version) {
    upstream = fmt::format("{}@{}", package.source, package.source_version);
  } else if (package.source != package.name) {
    upstream = package.source;
  }
  return url(package.name, package.version, package.architecture, upstream, distribution, package.family);
}

std::string source_package_url(std::string_view name, std::string_view version, const Distribution& distribution,
                               PackageFamily family) {
  return url(name, version, family == PackageFamily::Rpm ? "src" : "source", {}, distribution, family);
}

}  // namespace keelson::inventory
