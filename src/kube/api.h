/// The verbs of the Kubernetes API over any transport: rate-limited, retried where that is safe, errors told in words.
///
/// Objects are json and stay it. There is no PUT here: a decoded object that is written back loses what we do not know
/// of; changes are merge patches, JSON patches and server-side apply.
/// Source: Kubernetes API concepts; API conventions.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "kube/clock.h"
#include "kube/rate_limit.h"
#include "kube/resource.h"
#include "kube/status.h"
#include "kube/transport.h"

namespace keelson::kube {

struct ApiOptions {
  RateLimit* limit = nullptr;                      ///< shared by whoever asks the same server; absent: none
  unsigned attempts = 4;                           ///< per request, the first included
  std::chrono::milliseconds first_wait{500};       ///< doubled with each attempt, less up to half at random
  std::chrono::milliseconds longest_wait{30'000};  ///< a server that wants more is given up
  std::chrono::milliseconds deadline{30'000};      ///< per attempt
  Random random = {};                              ///< absent: no jitter
};

/// What may be done when a request was not answered well.
enum class Retry {
  Idempotent,   ///< a second time changes nothing: after cut connections, 429, 503, 504 and where the server says when
  IfUntouched,  ///< only when the server did not act: never reached, or 429
  Never,
};

struct ListOptions {
  std::string space;           ///< "": all namespaces
  std::string label_selector;  ///< as the API takes it: "app=x,tier in (a,b)"
  std::string field_selector;  ///< "spec.nodeName=x"
  unsigned page = 500;
  std::size_t most_items = 1'000'000;
  std::function<void(json&)> trim = {};  ///< called for each item, to drop what is not needed
};

struct List {
  std::vector<json> items;  ///< each with apiVersion and kind, which servers leave out in lists
  std::string resource_version;
};

struct Patch {
  std::string content_type;
  json body;
  std::string field_manager;
  bool force = false;      ///< apply only: take fields from other managers
  bool repeatable = true;  ///< applying it twice is the same as once
  bool dry_run = false;    ///< everything is checked, nothing kept
};
/// RFC 7386. With metadata.resourceVersion in it, it is refused (409) when the object has another.
Patch merge_patch(json body, std::string field_manager);
/// RFC 6902.
Patch json_patch(json operations, std::string field_manager);
/// Server-side apply of the fields that the manager wants to own; creates the object when there is none.
Patch apply_patch(json object, std::string field_manager);
/// The same, and fields that others own are taken over.
Patch force_apply_patch(json object, std::string field_manager);

struct DeleteOptions {
  std::string uid;               ///< "" or what the object must have
  std::string resource_version;  ///< likewise
  std::optional<std::chrono::seconds> grace_period;
  std::string propagation;  ///< "Foreground", "Background", "Orphan"; "": the resource's own
};
enum class Deletion {
  Accepted,   ///< it is gone, or will be when its finalizers and grace period let it
  Gone,       ///< it was not there
  Different,  ///< another object has the name, or it has changed
};

/// One Api for all threads of a program; transport, clock and limit must outlive it.
class Api {
 public:
  Api(Transport& transport, Clock& clock, ApiOptions options = {});

  /// @throws ApiError, TransportError; Error(BadInput) for answers that are no JSON. So do all below.
  json get(const Resource& resource, const ObjectName& object, const std::stop_token& stop = {});
  /// Nothing when there is no such object; an API that is not served is still an error.
  std::optional<json> find(const Resource& resource, const ObjectName& object, const std::stop_token& stop = {});
  /// All pages. When the server forgets the list's version between two (410), it begins anew, three times at most.
  List list(const Resource& resource, const ListOptions& options = {}, const std::stop_token& stop = {});
  /// @param space "" for what is in none.
  json create(const Resource& resource, const std::string& space, const json& object, const std::string& field_manager,
              const std::stop_token& stop = {});
  Deletion remove(const Resource& resource, const ObjectName& object, const DeleteOptions& options = {},
                  const std::stop_token& stop = {});
  /// @param subresource "status", or "".
  json patch(const Resource& resource, const ObjectName& object, const Patch& patch,
             const std::string& subresource = {}, const std::stop_token& stop = {});

  /// Any request. @return the answer, whatever its status, after the retries that `retry` allows.
  Response call(const Action& action, const Request& request, Retry retry, const std::stop_token& stop = {});
  /// call(), and the body of a 2xx as JSON. @throws ApiError for any other status.
  json ask(const Action& action, const Request& request, Retry retry, const std::stop_token& stop = {});

  Transport& transport() const { return transport_; }
  Clock& clock() const { return clock_; }
  const ApiOptions& options() const { return options_; }
  /// Counts against the rate limit what does not go through call(). @return false when stopped.
  bool take_turn(const std::stop_token& stop);
  double random();

 private:
  Request page_request(const Resource& resource, const ListOptions& options, const std::string& token) const;
  bool list_once(const Resource& resource, const ListOptions& options, List& list, const std::stop_token& stop);
  std::chrono::milliseconds pause(unsigned attempt, const std::optional<std::chrono::seconds>& asked);

  Transport& transport_;
  Clock& clock_;
  ApiOptions options_;
  std::mutex random_mutex_;
};

/// The action of an error message.
Action action_on(std::string verb, const Resource& resource, const ObjectName& object,
                 std::string_view subresource = {});

}  // namespace keelson::kube
