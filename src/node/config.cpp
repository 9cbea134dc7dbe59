#include "node/config.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/json_findings.h"
#include "kube/yaml_document.h"

namespace keelson::node {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 5> kKeys{"nodeName", "kubeconfig", "update", "reboot", "audit"};
constexpr std::array<std::string_view, 2> kUpdateKeys{"command", "timeout"};
constexpr std::array<std::string_view, 1> kRebootKeys{"command"};
constexpr std::array<std::string_view, 5> kAuditKeys{"every", "manifest", "facts", "bill", "ignore"};
constexpr std::size_t kMostWords = 64;
constexpr std::size_t kMostPath = 4096;
constexpr std::size_t kMostIgnored = 1000;

std::vector<std::string> read_command(const JsonPlace& place) {
  std::vector<std::string> words;
  for (const auto& word : place.require("command").list(1, kMostWords)) {
    if (const auto text = word.text(kMostPath)) words.push_back(*text);
  }
  return words;
}

std::string read_path(const JsonPlace& place) {
  const std::string path = place.text(kMostPath).value_or("");
  if (!path.empty() && !path.starts_with('/')) place.wrong("is no absolute path");
  return path;
}

}  // namespace

NodeConfig parse_config(std::string_view text, std::string_view name) {
  auto document = kube::parse_yaml_document(text, name);
  if (document.is_null()) document = nlohmann::json::object();  // nothing but comments
  JsonFindings findings;
  const JsonPlace whole(&document, "configuration", findings);
  whole.check_members(kKeys);
  NodeConfig config;
  config.node_name = whole.member("nodeName").text(253).value_or("");
  config.kubeconfig = read_path(whole.member("kubeconfig"));
  if (const auto update = whole.member("update"); update.is_there()) {
    update.check_members(kUpdateKeys);
    config.update = UpdateProgram{.command = read_command(update)};
    config.update->timeout = update.member("timeout").duration(1s, 24h).value_or(config.update->timeout);
  }
  if (const auto reboot = whole.member("reboot"); reboot.is_there()) {
    reboot.check_members(kRebootKeys);
    config.reboot = read_command(reboot);
  }
  if (const auto audit = whole.member("audit"); audit.is_there()) {
    audit.check_members(kAuditKeys);
    config.audit.every = audit.member("every").duration(10min, 24h * 31);
    config.audit.manifest = read_path(audit.member("manifest"));
    config.audit.facts = read_path(audit.member("facts"));
    config.audit.bill = read_path(audit.member("bill"));
    for (const auto& start : audit.member("ignore").list(0, kMostIgnored)) {
      if (const auto begin = start.text(kMostPath)) config.audit.ignore.push_back(*begin);
    }
  }
  findings.refuse_if_any("node configuration", name);
  return config;
}

}  // namespace keelson::node
