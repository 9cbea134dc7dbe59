/// The back end that runs a program of the user's, beside the controller.
#pragma once

#include "fleet/back_ends/back_end.h"
#include "fleet/back_ends/record_book.h"
#include "fleet/back_ends/workers.h"

namespace keelson::fleet {

/// What the program is given: docs/formats/operation.md.
class ExecRunner final : public BackEnd {
 public:
  ExecRunner(ExecBackEnd choice, const BackEndTools& tools);

  void begin(const std::string& node, const Operation& operation) override;
  bool is_under_way(const std::string& operation) const override { return workers_.is_under_way(operation); }

 private:
  bool operate(const std::string& node, const Operation& operation, const std::stop_token& stop);

  ExecBackEnd choice_;
  std::vector<std::string> environment_;
  RecordBook book_;
  Workers workers_;  // last: ends before what its threads use
};

}  // namespace keelson::fleet
