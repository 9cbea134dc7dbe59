#include "inspect/containerd_facts.h"

#include <nlohmann/json.hpp>

#include "base/harmless_text.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "inspect/containerd_settings.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr const char* kRegistries = "/etc/containerd/certs.d";
constexpr std::size_t kMostLines = 100;

/// Calls `take` with each line's text that is no comment.
template <typename Take>
void each_said(std::string_view text, Take&& take) {
  for (const auto line : split(text, '\n')) {
    const auto said = trim(line.substr(0, line.find('#')));
    if (!said.empty()) take(said);
  }
}

// "0.0.0.0:1" of `tcp_address = "0.0.0.0:1"`; "" when the line is of another key.
std::string_view value_of(std::string_view line, std::string_view key) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos || trim(line.substr(0, equals)) != key) return {};
  auto value = trim(line.substr(equals + 1));
  while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
  return value;
}

// Without TLS, or with whoever answers.
bool is_unverified(std::string_view line) {
  return line.find("http://") != std::string_view::npos || value_of(line, "skip_verify") == "true" ||
         value_of(line, "insecure_skip_verify") == "true";
}

json listening(std::string_view text) {
  json addresses = json::array();
  each_said(text, [&](std::string_view line) {
    const auto address = value_of(line, "tcp_address");
    if (!address.empty() && addresses.size() < kMostLines) addresses.push_back(address);
  });
  return addresses;
}

void add_unverified(json& lines, const SystemFiles& files, const std::string& path) {
  const std::string text = files.harmless(path).value_or("");
  each_said(text, [&](std::string_view line) {
    if (is_unverified(line) && lines.size() < kMostLines)
      lines.push_back(harmless_text(path) + ": " + std::string(line));
  });
}

}  // namespace

void put_containerd(json& facts, const SystemFiles& files) {
  for (const std::string path : {"/etc/containerd/config.toml", "/usr/share/containerd/config.toml"}) {
    const auto text = files.text(path);
    if (!text) continue;
    const json& versions = facts.contains("versions") ? facts["versions"] : json::object();
    const json settings = containerd_settings(files, path, versions.value("containerd", std::string()));
    json unverified = json::array();
    add_unverified(unverified, files, path);
    for (const auto& imported : settings["imports"]) add_unverified(unverified, files, imported.get<std::string>());
    for (const auto& name : files.list(kRegistries))
      add_unverified(unverified, files, std::string(kRegistries) + "/" + name + "/hosts.toml");
    facts["containerd"]["config"] = {{"file", path},
                                     {"bytes", text->size()},
                                     {"sha256", sha256(*text).hex()},
                                     {"tcpAddresses", listening(harmless_text(*text))},
                                     {"unverifiedRegistries", std::move(unverified)},
                                     {"settings", settings}};
    break;
  }
}

}  // namespace keelson::inspect
