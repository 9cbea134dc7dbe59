/// What an API server says when it says no: the Status object, and the error that tells it to people.
/// Source: Kubernetes API conventions, "Response Status Kind".
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "kube/transport.h"

namespace keelson::kube {

struct Cause {
  std::string reason;  ///< "DisruptionBudget", "FieldManagerConflict", "FieldValueInvalid" …
  std::string message;
  std::string field;
};

struct Status {
  int code = 0;         ///< HTTP's
  std::string reason;   ///< "Conflict", "Expired", …; "" when the answer was no Status
  std::string message;  ///< harmless, at most 4 KiB
  std::vector<Cause> causes;
  std::optional<std::chrono::seconds> retry_after;  ///< the header's, or the Status's; at most an hour

  bool has_cause(std::string_view cause) const;
};

/// Never throws for what a server sent: an answer that is no Status has its code, and its text as message.
Status parse_status(const Response& response);
/// The same of the object in a watch's ERROR event.
Status parse_status(const nlohmann::json& object);

/// A refusal within a 2xx, which no answer may be taken for success with: the API allows a Status as the body of any
/// answer, and proxies change codes. Nothing when the body is no Status, or one of success.
std::optional<Status> failure_within(const nlohmann::json& body);

/// What was asked, in the words of errors and of RBAC.
struct Action {
  std::string verb;      ///< RBAC's: "list", "patch", "create" …
  std::string resource;  ///< "nodes", "pods/eviction"
  std::string group;     ///< "" for core
  std::string space;     ///< the namespace; "" when there is none
  std::string name;      ///< "" for all
};

/// What an account would have to be granted.
struct MissingRight {
  std::string account;
  Action right;
};

/// Kinds: 400, 405, 406, 413, 415, 422 BadInput; 401, 403, 409 Refused; 404 NotFound; all else Unavailable.
class ApiError : public Error {
 public:
  ApiError(ErrorKind kind, std::string message, Status status, std::string hint = {})
      : Error(kind, std::move(message), std::move(hint)), status_(std::move(status)) {}
  const Status& status() const { return status_; }
  bool is(std::string_view reason) const { return status_.reason == reason; }
  /// Of a 403 for want of a right; nothing of other refusals, such as an admission webhook's.
  const std::optional<MissingRight>& missing() const { return missing_; }
  void set_missing(MissingRight missing) { missing_ = std::move(missing); }

 private:
  Status status_;
  std::optional<MissingRight> missing_;
};

/// "cannot list nodes: the account 'x' may not (RBAC: verb list, resource nodes)", and the like for the other codes.
ApiError api_error(const Action& action, Status status);

}  // namespace keelson::kube
