#include "fleet/back_ends/cluster_api.h"

#include <fmt/format.h>

#include "fleet/back_ends/last_words.h"
#include "fleet/back_ends/template_copy.h"
#include "fleet/resources/kinds.h"
#include "kube/reflector.h"

namespace keelson::fleet {

namespace {

using kube::json;

// They wait nearly all the time, for Cluster API.
constexpr std::size_t kMostAtOnce = 256;
constexpr std::chrono::milliseconds kLongestWait{60'000};

/// Whether trying again may help: the server was away, or somebody else was faster.
bool may_pass(const Error& error) {
  if (error.kind() == ErrorKind::Unavailable) return true;
  const auto* refusal = dynamic_cast<const kube::ApiError*>(&error);
  return refusal != nullptr && refusal->status().code == 409;
}

[[noreturn]] void give_up(std::string why, std::string hint = {}) {
  throw Error(ErrorKind::Refused, std::move(why), std::move(hint));
}

}  // namespace

MachineReplacer::MachineReplacer(ClusterApiBackEnd choice, const BackEndTools& tools)
    : choice_(std::move(choice)),
      tools_(tools),
      book_(*tools.api, tools.field_manager, tools.complain),
      workers_(kMostAtOnce, tools.complain) {}

MachineReplacer::~MachineReplacer() { watcher_.request_stop(); }

void MachineReplacer::begin(const std::string& node, const Operation& operation) {
  const json record = book_.ask(node, operation);
  if (has_result(record, operation.name)) return workers_.supersede(node, operation.name);
  const std::string noted = kube::annotation_of(record, kReplaces).value_or("");
  workers_.start(node, operation.name, [this, node, operation, noted](const std::stop_token& stop) {
    return operate(node, operation, noted, stop);
  });
}

bool MachineReplacer::operate(const std::string& node, const Operation& operation, const std::string& noted,
                              const std::stop_token& stop) {
  auto wait = tools_.look_again;
  for (std::string known = noted; !stop.stop_requested(); wait = std::min(wait * 2, kLongestWait)) {
    try {
      auto report = replace(node, operation, known, stop);
      if (!report) return false;
      if (report->successor == node) report->successor.clear();  // bare metal: another Machine, the same name
      return book_.tell(node, *report, stop);
    } catch (const Error& error) {
      if (stop.stop_requested()) return false;
      if (!may_pass(error)) {
        return book_.tell(node, {operation.name, OperationState::Failed, last_words(error.message()), ""}, stop);
      }
      if (tools_.complain) tools_.complain(error);
    }
    kube::sleep_for(tools_.api->clock(), wait, stop);
    // The note may have been written before it went wrong.
    try {
      const auto record = tools_.api->find(node_records(), {"", node}, stop);
      known = record ? kube::annotation_of(*record, kReplaces).value_or("") : "";
    } catch (const Error&) {
      // Then the next attempt finds out what is wrong.
    }
  }
  return false;
}

/// @return the result; nothing when it was stopped or superseded.
std::optional<OperationReport> MachineReplacer::replace(const std::string& node, const Operation& operation,
                                                        const std::string& noted, const std::stop_token& stop) {
  const ClusterApiNames names = find_cluster_api(*tools_.discovery, stop);
  watch(names, stop);
  auto succession = parse_succession(noted, operation.name);
  if (!succession) succession = prepare(node, operation, stop);
  if (!succession) return std::nullopt;
  remove(names, *succession, stop);
  return await(names, *succession, stop);
}

/// Everything before the Machine is deleted.
std::optional<Succession> MachineReplacer::prepare(const std::string& node, const Operation& operation,
                                                   const std::stop_token& stop) {
  const ClusterApiNames names = find_cluster_api(*tools_.discovery, stop);
  const kube::ObjectName name = machine_of(node, stop);
  const auto object = tools_.api->find(names.machines, name, stop);
  if (!object) {
    give_up(fmt::format("there is no Machine '{}/{}', which node '{}' names", name.space, name.name, node),
            "the controller must run in the management cluster");
  }
  const Machine machine = read_machine(*object);
  if (machine.deployment.empty())
    give_up(fmt::format("Machine '{}' is of no MachineDeployment: only those are replaced", name.name));
  if (machine.is_going) {
    give_up(fmt::format("Machine '{}' is being deleted already{}", name.name,
                        kube::annotation_of(*object, kOperationOf) ? ", for an earlier operation" : ""));
  }
  Succession succession{.operation = operation.name,
                        .space = machine.space,
                        .machine = machine.name,
                        .uid = machine.uid,
                        .deployment = machine.deployment};
  succession.wanted_template = provide_deployment(names, {machine.space, machine.deployment}, operation, stop);
  if (succession.wanted_template.empty()) return std::nullopt;
  look_around(succession, machines());
  if (!book_.note(node, operation.name, std::string(kReplaces), succession_text(succession), stop)) return std::nullopt;
  return succession;
}

kube::ObjectName MachineReplacer::machine_of(const std::string& node, const std::stop_token& stop) {
  const auto object = tools_.api->find(kube::nodes(), {"", node}, stop);
  if (!object) give_up(fmt::format("there is no node '{}'", node));
  const auto name = kube::annotation_of(*object, kMachineOfNode);
  const auto space = kube::annotation_of(*object, kSpaceOfNode);
  if (name && space) return {*space, *name};
  for (const auto& machine : machines()) {
    if (machine.node == node && !machine.is_going) return {machine.space, machine.name};
  }
  give_up(fmt::format("node '{}' has no Machine: its annotation {} is missing, and no Machine names it", node,
                      kMachineOfNode));
}

/// The MachineDeployment names the template with the image, and its controller has seen it: from then on a Machine that
/// is deleted is replaced by one with the image. @return the template's name; "" when it was stopped.
std::string MachineReplacer::provide_deployment(const ClusterApiNames& names, const kube::ObjectName& deployment,
                                                const Operation& operation, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const json object = tools_.api->get(names.machine_deployments, deployment, stop);
    if (const std::string why = why_not_to_change(object); !why.empty()) give_up(why);
    const TemplateReference reference = template_of(object);
    const std::string wanted =
        provide_template(*tools_.api, *tools_.discovery, reference, filled_patch(choice_.template_patch, operation),
                         tools_.field_manager, stop);
    if (wanted == reference.name && is_observed(object)) return wanted;
    if (wanted != reference.name) {
      const json change = {{"metadata", {{"resourceVersion", kube::resource_version_of(object)}}},
                           {"spec", {{"template", {{"spec", {{"infrastructureRef", {{"name", wanted}}}}}}}}}};
      tools_.api->patch(names.machine_deployments, deployment, kube::merge_patch(change, tools_.field_manager), {},
                        stop);
    }
    kube::sleep_for(tools_.api->clock(), tools_.look_again, stop);
  }
  return {};
}

void MachineReplacer::remove(const ClusterApiNames& names, const Succession& succession, const std::stop_token& stop) {
  const kube::ObjectName name{succession.space, succession.machine};
  const auto object = tools_.api->find(names.machines, name, stop);
  if (!object || kube::uid_of(*object) != succession.uid || kube::is_being_deleted(*object)) return;
  if (kube::annotation_of(*object, kOperationOf) != succession.operation ||
      !kube::annotation_of(*object, kNoDraining)) {
    // We have drained the node, by rules that Cluster API does not know.
    const json change = {{"metadata",
                          {{"resourceVersion", kube::resource_version_of(*object)},
                           {"annotations", {{kNoDraining, ""}, {kOperationOf, succession.operation}}}}}};
    tools_.api->patch(names.machines, name, kube::merge_patch(change, tools_.field_manager), {}, stop);
  }
  tools_.api->remove(names.machines, name, {.uid = succession.uid}, stop);
}

std::optional<OperationReport> MachineReplacer::await(const ClusterApiNames& names, const Succession& succession,
                                                      const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto all = machines();
    if (const Machine* claimed = find_claimed(succession, all)) {
      OperationReport report{.name = succession.operation, .state = OperationState::Failed};
      if (claimed->phase == "Failed") {
        report.message =
            last_words(fmt::format("Machine '{}', which took its place, failed: {}", claimed->name, claimed->failure));
        return report;
      }
      if (claimed->phase == "Running" && !claimed->node.empty()) {
        report.state = OperationState::Succeeded;
        report.message = fmt::format("Machine '{}' took its place", claimed->name);
        report.successor = claimed->node;
        return report;
      }
    } else {
      claim(names, succession, all, stop);
    }
    kube::sleep_for(tools_.api->clock(), tools_.look_again, stop);
  }
  return std::nullopt;
}

/// Claims one, if there is one.
void MachineReplacer::claim(const ClusterApiNames& names, const Succession& succession,
                            const std::vector<Machine>& machines, const std::stop_token& stop) {
  for (const Machine* candidate : find_candidates(succession, machines)) {
    const auto set = tools_.api->find(names.machine_sets, {candidate->space, candidate->set}, stop);
    if (!set || template_of(*set).name != succession.wanted_template) continue;
    const json change = {
        {"metadata",
         {{"resourceVersion", candidate->resource_version}, {"annotations", {{kSuccessorOf, succession.operation}}}}}};
    try {
      tools_.api->patch(names.machines, {candidate->space, candidate->name},
                        kube::merge_patch(change, tools_.field_manager), {}, stop);
    } catch (const kube::ApiError& error) {
      // It has changed, or another operation was faster: the watch will show it.
      if (error.status().code != 409 && error.status().code != 404) throw;
    }
    return;
  }
}

/// Starts the watch of Machines with the first operation, and waits until it knows them all.
void MachineReplacer::watch(const ClusterApiNames& names, const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (!watcher_.joinable()) {
      watcher_ = std::jthread([this, machines = names.machines](const std::stop_token& end) {
        kube::Reflector reflector(*tools_.api, machines, cache_,
                                  {.list = {.trim = trim_machine}, .complain = tools_.complain});
        reflector.run(end);
      });
    }
  }
  while (!cache_.is_synced() && !stop.stop_requested()) {
    cache_.wait_until_synced(tools_.api->clock(), kLongestWait, stop);
  }
}

std::vector<Machine> MachineReplacer::machines() const {
  std::vector<Machine> machines;
  for (const auto& object : cache_.all()) machines.push_back(read_machine(*object));
  return machines;
}

}  // namespace keelson::fleet
