/// The back end that has AKS change node pools. AKS changes a pool as a whole: it gives no single node an image, and
/// none that is not its newest. So this one waits until every node of the pool is asked for (each drained by us), asks
/// AKS once for the pool, and has the same result for all its nodes.
///
/// Tried with recorded answers of az only, not against Azure.
#pragma once

#include <map>
#include <memory>

#include "fleet/back_ends/aks_pool.h"
#include "fleet/back_ends/back_end.h"
#include "fleet/back_ends/record_book.h"
#include "fleet/back_ends/workers.h"

namespace keelson::fleet {

/// The pool of a node by its labels, or "".
std::string aks_pool_of(const kube::Labels& labels);

class PoolUpgrader final : public BackEnd {
 public:
  PoolUpgrader(AksBackEnd choice, const BackEndTools& tools);

  void begin(const std::string& node, const Operation& operation) override;
  bool is_under_way(const std::string& operation) const override { return workers_.is_under_way(operation); }

 private:
  /// What has become of a pool; one thread works on it at a time.
  struct Pool {
    std::timed_mutex busy;
    std::string tried;  ///< what the result is of: the image and the attempt
    std::optional<OperationReport> result;
  };

  bool operate(const std::string& node, const Operation& operation, const std::stop_token& stop);
  std::optional<OperationReport> work(const std::string& node, const Operation& operation, const std::stop_token& stop);
  bool all_are_asked(const std::string& pool, const Operation& operation, const std::stop_token& stop);
  std::optional<OperationReport> change(const std::string& pool, const Operation& operation, const AksTarget& target,
                                        const std::stop_token& stop);
  std::string run(const Words& words, const std::stop_token& stop);
  Pool& pool_named(const std::string& name);

  AksBackEnd choice_;
  BackEndTools tools_;
  RecordBook book_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Pool>> pools_;
  Workers workers_;  // last: ends before what its threads use
};

}  // namespace keelson::fleet
