/// keelson-node itself: keeps the NodeRecord of this node true, and does what it is asked for there.
///
/// Traffic: one watch of its own record, and a request only when something has changed. step() does one thing and says
/// when to look again; run() repeats it until it is stopped, with pauses after failures.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "kube/object_cache.h"
#include "node/booted.h"
#include "node/config.h"
#include "node/drift.h"
#include "node/next_step.h"
#include "node/operation_file.h"
#include "node/own_record.h"

namespace keelson::node {

/// A process that carries an operation out (carry_out.h), as the agent sees it.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual void start(const std::string& operation) = 0;
  /// Whether one that was started here has not ended yet.
  virtual bool is_alive() = 0;
};

struct AgentParts {
  kube::Api* api = nullptr;
  const kube::ObjectCache* cache = nullptr;  ///< of the own record; somebody else keeps it (a reflector)
  std::string node;
  const NodeConfig* config = nullptr;
  const OperationFile* file = nullptr;
  Runner* runner = nullptr;
  std::function<Booted()> look;           ///< read_booted() of the node's root
  std::function<Drift()> audit;           ///< of the node, when the configuration wants it from time to time
  std::function<void()> reboot;           ///< asks for it and returns; throws Error if it was refused
  std::function<void(std::string)> tell;  ///< one line for the log
};

class Agent {
 public:
  explicit Agent(AgentParts parts) : parts_(std::move(parts)), record_(*parts_.api, parts_.node) {}

  /// @return when to look again though nothing changes; @throws as kube::Api does, Error for what is local.
  std::chrono::milliseconds step(const std::stop_token& stop = {});

 private:
  using Milliseconds = std::chrono::milliseconds;
  kube::Clock::Moment now() const;
  Milliseconds until(kube::Clock::Moment moment) const;
  bool tell_boot(const nlohmann::json& cached, const std::stop_token& stop);
  const Booted& booted();
  Milliseconds step_operation(const SeenRecord& cached, const std::stop_token& stop);
  Milliseconds do_step(const SeenRecord& seen, const Step& step, const std::stop_token& stop);
  Step judge(const SeenRecord& seen);
  void accept(const fleet::Operation& operation);
  bool tell(const SeenRecord& seen, fleet::OperationState state, const std::string& message,
            const std::stop_token& stop);
  Milliseconds ask_for_reboot();
  bool is_audit_due(const SeenRecord& cached);
  void tell_drift(const nlohmann::json& cached, const std::stop_token& stop);

  AgentParts parts_;
  OwnRecord record_;
  std::optional<Booted> booted_;
  kube::Clock::Moment looked_{};       // when booted_ was read
  kube::Clock::Moment next_reboot_{};  // not before
  kube::Clock::Moment next_audit_{};   // not before, whatever the record says
  bool told_that_nothing_updates_ = false;
};

}  // namespace keelson::node
