#include "fleet/back_ends/exec.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "fleet/back_ends/last_words.h"
#include "kube/json_text.h"
#include "sys/guarded_process.h"

namespace keelson::fleet {

namespace {

// Less than the time between our noticing that we lead no more and another's beginning to (kube/lease.h).
constexpr std::chrono::seconds kGrace{4};

std::string told(const std::string& node, const Operation& operation) {
  kube::json document = operation_json(operation);
  document["node"] = node;
  return kube::json_text(document) + '\n';
}

GuardedOptions process_of(const ExecBackEnd& choice, const std::string& node, const Operation& operation) {
  GuardedOptions process{.arguments = choice.command, .standard_input = told(node, operation)};
  process.timeout = choice.timeout;
  process.grace = kGrace;
  process.environment = {
      "KEELSON_NODE=" + node,
      "KEELSON_OPERATION=" + operation.name,
      "KEELSON_RELEASE=" + operation.release.name,
      "KEELSON_IMAGE=" + operation.image,
      "KEELSON_IMAGE_DIGEST=" + operation.release.image_digest,
  };
  return process;
}

OperationReport report_of(const std::string& operation, const ExecBackEnd& choice, const GuardedResult& result) {
  OperationReport report{.name = operation, .state = OperationState::Failed};
  const std::string said = last_words(result.output);
  if (result.end == GuardedResult::End::TimedOut) {
    report.message = fmt::format("the program took longer than {} and was stopped{}{}", human_duration(choice.timeout),
                                 said.empty() ? "" : ": ", said);
  } else if (result.exit_code == 0) {
    report.state = OperationState::Succeeded;
    report.message = said;
  } else if (result.exit_code > 128) {
    report.message =
        fmt::format("the program was ended by signal {}{}{}", result.exit_code - 128, said.empty() ? "" : ": ", said);
  } else {
    report.message = fmt::format("exit code {}{}{}", result.exit_code, said.empty() ? "" : ": ", said);
  }
  return report;
}

}  // namespace

ExecRunner::ExecRunner(ExecBackEnd choice, const BackEndTools& tools)
    : choice_(std::move(choice)),
      environment_(tools.environment),
      book_(*tools.api, tools.field_manager, tools.complain),
      workers_(tools.most_at_once, tools.complain) {}

void ExecRunner::begin(const std::string& node, const Operation& operation) {
  const kube::json record = book_.ask(node, operation);
  if (has_result(record, operation.name)) return workers_.supersede(node, operation.name);
  workers_.start(node, operation.name,
                 [this, node, operation](const std::stop_token& stop) { return operate(node, operation, stop); });
}

bool ExecRunner::operate(const std::string& node, const Operation& operation, const std::stop_token& stop) {
  OperationReport report{.name = operation.name, .state = OperationState::Failed};
  try {
    GuardedOptions process = process_of(choice_, node, operation);
    process.environment.insert(process.environment.begin(), environment_.begin(), environment_.end());
    const GuardedResult result = run_guarded(process, stop);
    if (result.end == GuardedResult::End::Stopped) return false;
    report = report_of(operation.name, choice_, result);
  } catch (const Error& error) {
    report.message = last_words(error.message());
  }
  return book_.tell(node, report, stop);
}

}  // namespace keelson::fleet
