/// What back ends write into NodeRecords: what is asked of a node, and what came of it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "fleet/resources/node_record.h"
#include "kube/api.h"

namespace keelson::fleet {

/// Safe for several threads.
class RecordBook {
 public:
  /// @param api must outlive it. @param complain of what goes wrong while it tries on; may be empty.
  RecordBook(kube::Api& api, std::string field_manager, std::function<void(const Error&)> complain);

  /// Puts the operation into spec.operation, in place of an earlier one; makes the record when there is none. One
  /// request. @return the record as it is now, status included. @throws as kube::Api does.
  kube::json ask(const std::string& node, const Operation& operation);

  /// Puts a result into status.operation, unless another operation is asked for by now. Tries until the server takes
  /// it, with pauses. @return whether it stands there now: not when superseded, stopped, or the record is gone.
  bool tell(const std::string& node, const OperationReport& report, const std::stop_token& stop);

  /// Writes an annotation of the record, under the same condition and with the same patience; nothing removes it.
  bool note(const std::string& node, const std::string& operation, const std::string& annotation,
            const std::string& text, const std::stop_token& stop);

 private:
  bool write(const std::string& node, const std::string& operation, kube::json change, const std::string& subresource,
             const std::stop_token& stop);
  bool try_to_write(const std::string& node, const std::string& operation, const kube::json& change,
                    const std::string& subresource, const std::stop_token& stop);

  kube::Api& api_;
  std::string field_manager_;
  std::function<void(const Error&)> complain_;
};

/// Whether a record holds the end of that operation.
bool has_result(const kube::json& record, const std::string& operation);

}  // namespace keelson::fleet
