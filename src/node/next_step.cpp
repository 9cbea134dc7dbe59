#include "node/next_step.h"

namespace keelson::node {

namespace {

using fleet::OperationState;

bool has_result(const std::optional<fleet::OperationReport>& told) {
  return told && (told->state == OperationState::Succeeded || told->state == OperationState::Failed);
}

Step step_of_known(const KnownOperation& known, const std::optional<fleet::OperationReport>& told,
                   const std::string& boot_id) {
  switch (known.phase) {
    case Phase::Asked:
      return {told && told->state == OperationState::Running ? StepKind::Start : StepKind::TellRunning};
    case Phase::Running:
      return {StepKind::TellFailed, known.boot_id == boot_id
                                        ? "the update program was ended from outside: nobody knows how far it came"
                                        : "the node went down while the update program ran"};
    case Phase::Installed:
      return {StepKind::TellSucceeded};
    case Phase::Failed:
      return {StepKind::TellFailed, known.message};
  }
  return {};
}

}  // namespace

Step next_step(const fleet::NodeRecord& record, const std::optional<KnownOperation>& known, bool is_running,
               const std::string& boot_id) {
  if (is_running) return {StepKind::Await};
  if (!record.operation) return {};
  const auto& wanted = record.operation->name;
  std::optional<fleet::OperationReport> told;
  if (record.progress && record.progress->name == wanted) told = record.progress;
  const bool is_known = known && known->name == wanted;
  if (has_result(told)) {
    const bool reboots = told->state == OperationState::Succeeded && is_known && known->phase == Phase::Installed &&
                         known->boot_id == boot_id;
    return {reboots ? StepKind::Reboot : StepKind::Nothing};
  }
  if (is_known) return step_of_known(*known, told, boot_id);
  if (told && told->state == OperationState::Running)
    return {StepKind::TellFailed, "it had begun, and this node has no trace of it: its state was lost"};
  return {StepKind::Accept};
}

}  // namespace keelson::node
