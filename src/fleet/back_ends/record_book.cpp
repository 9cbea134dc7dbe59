#include "fleet/back_ends/record_book.h"

#include <algorithm>

#include "fleet/resources/kinds.h"

namespace keelson::fleet {

namespace {

using namespace std::chrono_literals;
using kube::json;

constexpr std::chrono::milliseconds kFirstWait = 500ms;
constexpr std::chrono::milliseconds kLongestWait = 60s;

bool is_conflict(const Error& error) {
  const auto* refusal = dynamic_cast<const kube::ApiError*>(&error);
  return refusal != nullptr && refusal->status().code == 409;
}

}  // namespace

RecordBook::RecordBook(kube::Api& api, std::string field_manager, std::function<void(const Error&)> complain)
    : api_(api), field_manager_(std::move(field_manager)), complain_(std::move(complain)) {}

json RecordBook::ask(const std::string& node, const Operation& operation) {
  const auto records = node_records();
  const json wanted = {{"apiVersion", records.api_version()},
                       {"kind", records.kind},
                       {"metadata", {{"name", node}}},
                       {"spec", {{"operation", operation_json(operation)}}}};
  // By force: somebody's `kubectl edit` must not keep a node from going on.
  return api_.patch(records, {"", node}, kube::force_apply_patch(wanted, field_manager_));
}

/// @return whether it is written; false: superseded. @throws as kube::Api does, a 409 included.
bool RecordBook::try_to_write(const std::string& node, const std::string& operation, const json& change,
                              const std::string& subresource, const std::stop_token& stop) {
  const auto record = api_.find(node_records(), {"", node}, stop);
  if (!record || kube::text_at(*record, {"spec", "operation", "name"}) != operation) return false;
  json body = change;
  body["metadata"]["resourceVersion"] = kube::resource_version_of(*record);
  api_.patch(node_records(), {"", node}, kube::merge_patch(std::move(body), field_manager_), subresource, stop);
  return true;
}

bool RecordBook::write(const std::string& node, const std::string& operation, json change,
                       const std::string& subresource, const std::stop_token& stop) {
  for (auto wait = kFirstWait; !stop.stop_requested(); wait = std::min(wait * 2, kLongestWait)) {
    try {
      return try_to_write(node, operation, change, subresource, stop);
    } catch (const Error& error) {
      if (stop.stop_requested()) return false;
      // A 409 is no mishap: the node itself has written, or a newer operation is there.
      if (complain_ && !is_conflict(error)) complain_(error);
    }
    kube::sleep_for(api_.clock(), wait, stop);
  }
  return false;
}

bool RecordBook::tell(const std::string& node, const OperationReport& report, const std::stop_token& stop) {
  json told = operation_report_json(report);
  // What an earlier operation left there must go: this is a merge.
  for (const char* key : {"message", "successor"}) {
    if (!told.contains(key)) told[key] = nullptr;
  }
  return write(node, report.name, {{"status", {{"operation", std::move(told)}}}}, "status", stop);
}

bool RecordBook::note(const std::string& node, const std::string& operation, const std::string& annotation,
                      const std::string& text, const std::stop_token& stop) {
  return write(node, operation, {{"metadata", {{"annotations", {{annotation, text}}}}}}, {}, stop);
}

bool has_result(const json& record, const std::string& operation) {
  const std::string state = kube::text_at(record, {"status", "operation", "state"});
  return kube::text_at(record, {"status", "operation", "name"}) == operation &&
         (state == "Succeeded" || state == "Failed");
}

}  // namespace keelson::fleet
