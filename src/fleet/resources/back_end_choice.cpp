#include "fleet/resources/back_end_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kMostArguments = 64;
constexpr std::size_t kLongestArgument = 4096;
constexpr std::size_t kLargestPatch = 16U << 10;
constexpr hours kLongestTimeout{24};

std::vector<std::string> read_command(const JsonPlace& list) {
  std::vector<std::string> command;
  for (const auto& place : list.list(1, kMostArguments)) command.push_back(place.text(kLongestArgument).value_or(""));
  return command;
}

ExecBackEnd read_exec(const JsonPlace& fields) {
  static constexpr std::array<string_view, 2> kMembers{"command", "timeout"};
  ExecBackEnd exec;
  if (!fields.check_members(kMembers)) return exec;
  exec.command = read_command(fields.require("command"));
  exec.timeout = fields.member("timeout").duration(seconds(1), kLongestTimeout).value_or(exec.timeout);
  return exec;
}

ClusterApiBackEnd read_cluster_api(const JsonPlace& fields) {
  static constexpr std::array<string_view, 1> kMembers{"templatePatch"};
  ClusterApiBackEnd back_end;
  if (!fields.check_members(kMembers)) return back_end;
  const auto patch = fields.require("templatePatch");
  if (!patch.is_there()) return back_end;
  if (!patch.value()->is_object() || patch.value()->empty()) {
    patch.wrong("is not an object that changes something");
    return back_end;
  }
  back_end.template_patch = patch.value()->dump(-1, ' ', false, json::error_handler_t::replace);
  if (back_end.template_patch.size() > kLargestPatch) patch.wrong("is larger than 16 KiB");
  return back_end;
}

// They become arguments of a program: one that begins with '-' would be an option.
std::string read_azure_name(const JsonPlace& place, std::size_t most) {
  auto text = place.text(most);
  if (!text) return {};
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           string_view("-_.()").find(c) != string_view::npos;
  };
  if (text->front() != '-' && std::all_of(text->begin(), text->end(), fits)) return *text;
  place.wrong("is not a name that Azure has: letters, digits, and after the first of them '-', '_', '.', '(', ')'");
  return {};
}

AksBackEnd read_aks(const JsonPlace& fields) {
  static constexpr std::array<string_view, 4> kMembers{"command", "resourceGroup", "cluster", "timeout"};
  AksBackEnd aks;
  if (!fields.check_members(kMembers)) return aks;
  if (const auto command = fields.member("command"); command.is_there()) aks.command = read_command(command);
  aks.resource_group = read_azure_name(fields.require("resourceGroup"), 90);
  aks.cluster = read_azure_name(fields.require("cluster"), 63);
  aks.timeout = fields.member("timeout").duration(seconds(1), kLongestTimeout).value_or(aks.timeout);
  return aks;
}

std::string length_text(seconds length) { return fmt::format("{}s", length.count()); }

struct ToJson {
  json operator()(const AgentBackEnd&) const { return json::object(); }
  json operator()(const ExecBackEnd& exec) const {
    return {{"command", exec.command}, {"timeout", length_text(exec.timeout)}};
  }
  json operator()(const ClusterApiBackEnd& back_end) const {
    return {{"templatePatch", json::parse(back_end.template_patch)}};
  }
  json operator()(const AksBackEnd& aks) const {
    return {{"command", aks.command},
            {"resourceGroup", aks.resource_group},
            {"cluster", aks.cluster},
            {"timeout", length_text(aks.timeout)}};
  }
};

constexpr std::array<string_view, 4> kNames{"agent", "exec", "clusterAPI", "aks"};  // in the variant's order

}  // namespace

BackEndChoice read_back_end(const JsonPlace& place) {
  if (!place.is_there() || !place.check_members(kNames)) return AgentBackEnd{};
  const auto given =
      std::count_if(kNames.begin(), kNames.end(), [&](string_view name) { return place.member(name).is_there(); });
  if (given != 1) {
    place.wrong("needs one of 'agent', 'exec', 'clusterAPI' and 'aks'");
    return AgentBackEnd{};
  }
  if (const auto exec = place.member("exec"); exec.is_there()) return read_exec(exec);
  if (const auto cluster_api = place.member("clusterAPI"); cluster_api.is_there()) return read_cluster_api(cluster_api);
  if (const auto aks = place.member("aks"); aks.is_there()) return read_aks(aks);
  place.member("agent").check_members({});
  return AgentBackEnd{};
}

json back_end_json(const BackEndChoice& choice) {
  return {{std::string(back_end_name(choice)), std::visit(ToJson{}, choice)}};
}

string_view back_end_name(const BackEndChoice& choice) { return kNames.at(choice.index()); }

}  // namespace keelson::fleet
