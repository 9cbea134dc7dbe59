/// The back end that replaces a node's Machine by one of another template.
#pragma once

#include "fleet/back_ends/back_end.h"
#include "fleet/back_ends/record_book.h"
#include "fleet/back_ends/succession.h"
#include "fleet/back_ends/workers.h"
#include "kube/object_cache.h"

namespace keelson::fleet {

/// Per operation: the template's copy is there, the MachineDeployment names it and its controller has seen that; what
/// is to be replaced is noted in the NodeRecord; the Machine is deleted (which does not drain: we have); its successor
/// is claimed by an annotation, and the operation has succeeded when that runs and has a Node. Every step is safe to do
/// again, and after a restart it goes on from what it finds.
class MachineReplacer final : public BackEnd {
 public:
  MachineReplacer(ClusterApiBackEnd choice, const BackEndTools& tools);
  ~MachineReplacer() override;

  void begin(const std::string& node, const Operation& operation) override;
  bool is_under_way(const std::string& operation) const override { return workers_.is_under_way(operation); }

 private:
  bool operate(const std::string& node, const Operation& operation, const std::string& noted,
               const std::stop_token& stop);
  std::optional<OperationReport> replace(const std::string& node, const Operation& operation, const std::string& noted,
                                         const std::stop_token& stop);
  std::optional<Succession> prepare(const std::string& node, const Operation& operation, const std::stop_token& stop);
  kube::ObjectName machine_of(const std::string& node, const std::stop_token& stop);
  std::string provide_deployment(const ClusterApiNames& names, const kube::ObjectName& deployment,
                                 const Operation& operation, const std::stop_token& stop);
  void remove(const ClusterApiNames& names, const Succession& succession, const std::stop_token& stop);
  std::optional<OperationReport> await(const ClusterApiNames& names, const Succession& succession,
                                       const std::stop_token& stop);
  void claim(const ClusterApiNames& names, const Succession& succession, const std::vector<Machine>& machines,
             const std::stop_token& stop);
  void watch(const ClusterApiNames& names, const std::stop_token& stop);
  std::vector<Machine> machines() const;

  ClusterApiBackEnd choice_;
  BackEndTools tools_;
  RecordBook book_;
  kube::ObjectCache cache_;  // of all Machines, once somebody has asked
  std::mutex mutex_;
  std::jthread watcher_;
  Workers workers_;  // last: ends before what its threads use
};

}  // namespace keelson::fleet
