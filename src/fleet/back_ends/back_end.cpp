#include "fleet/back_ends/back_end.h"

#include "fleet/back_ends/agent.h"
#include "fleet/back_ends/aks.h"
#include "fleet/back_ends/cluster_api.h"
#include "fleet/back_ends/exec.h"

namespace keelson::fleet {

namespace {

struct Maker {
  const BackEndTools& tools;

  std::unique_ptr<BackEnd> operator()(const AgentBackEnd& /*choice*/) const {
    return std::make_unique<AgentRequests>(tools);
  }
  std::unique_ptr<BackEnd> operator()(const ExecBackEnd& choice) const {
    return std::make_unique<ExecRunner>(choice, tools);
  }
  std::unique_ptr<BackEnd> operator()(const ClusterApiBackEnd& choice) const {
    return std::make_unique<MachineReplacer>(choice, tools);
  }
  std::unique_ptr<BackEnd> operator()(const AksBackEnd& choice) const {
    return std::make_unique<PoolUpgrader>(choice, tools);
  }
};

}  // namespace

std::unique_ptr<BackEnd> make_back_end(const BackEndChoice& choice, const BackEndTools& tools) {
  return std::visit(Maker{tools}, choice);
}

OperationState state_of(const NodeRecord* record, const std::string& operation, const BackEnd& back_end) {
  if (record == nullptr) return OperationState::Unknown;
  if (record->progress && record->progress->name == operation &&
      (record->progress->state == OperationState::Succeeded || record->progress->state == OperationState::Failed)) {
    return record->progress->state;
  }
  const bool asked = record->operation && record->operation->name == operation;
  return asked && back_end.is_under_way(operation) ? OperationState::Running : OperationState::Unknown;
}

}  // namespace keelson::fleet
