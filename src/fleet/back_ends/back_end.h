/// Who gives a node its image. The state machine asks for an operation again and again until it is seen to run; a back
/// end does it once, and its result is in the node's NodeRecord (status.operation), where a restart of the controller
/// finds it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "fleet/resources/back_end_choice.h"
#include "fleet/resources/node_record.h"
#include "kube/discovery.h"

namespace keelson::fleet {

class BackEnd {
 public:
  virtual ~BackEnd() = default;

  /// Begins an operation of a node, or goes on with one that was begun before a restart. Returns at once; idempotent by
  /// the operation's name. It is written into the NodeRecord's spec first, in place of an earlier one, which counts no
  /// more from then on: its result is not written, and what has not begun of it does not begin.
  /// @throws as kube::Api does, when it could not be written.
  virtual void begin(const std::string& node, const Operation& operation) = 0;

  /// Whether somebody works on an operation that stands in a NodeRecord without a result. False after a restart for
  /// what this process would have to go on with itself: begin() is asked for again then.
  virtual bool is_under_way(const std::string& operation) const = 0;
};

/// What back ends work with; all must outlive them.
struct BackEndTools {
  kube::Api* api = nullptr;
  kube::Discovery* discovery = nullptr;
  std::string field_manager = "keelson-controller";
  /// "NAME=value": all that programs get beside the KEELSON_* of docs/formats/operation.md: PATH, HOME, KUBECONFIG, …
  std::vector<std::string> environment = {};
  std::size_t most_at_once = 16;  ///< programs; further operations wait for their turn, and are under way meanwhile
  std::chrono::milliseconds look_again{1000};  ///< at what somebody else does
  /// Something went wrong that the operation's own result does not tell. From any thread.
  std::function<void(const Error&)> complain = {};
};

std::unique_ptr<BackEnd> make_back_end(const BackEndChoice& choice, const BackEndTools& tools);

/// What is known of an operation. @param record may be null.
OperationState state_of(const NodeRecord* record, const std::string& operation, const BackEnd& back_end);

}  // namespace keelson::fleet
