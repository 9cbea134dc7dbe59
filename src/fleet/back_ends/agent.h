/// The back end that leaves the work to keelson-node, which reads its own NodeRecord and writes the result itself.
#pragma once

#include "fleet/back_ends/back_end.h"
#include "fleet/back_ends/record_book.h"

namespace keelson::fleet {

class AgentRequests final : public BackEnd {
 public:
  explicit AgentRequests(const BackEndTools& tools) : book_(*tools.api, tools.field_manager, tools.complain) {}

  void begin(const std::string& node, const Operation& operation) override { book_.ask(node, operation); }
  /// The agent does, as long as its node lives.
  bool is_under_way(const std::string& /*operation*/) const override { return true; }

 private:
  RecordBook book_;
};

}  // namespace keelson::fleet
