/// What differs between two documents of facts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::inspect {

struct FactChange {
  std::string path;       ///< "kernel.commandLine", "users[name=root].shell"
  nlohmann::json before;  ///< null: it was not there. Of a list of texts: what is no more in it
  nlohmann::json after;   ///< null: it is not there any more. Of a list of texts: what is new in it
  bool is_list = false;
  std::string matters;  ///< why somebody should look at it; "" when there is nothing special about it
};

/// In order of the paths. What has an account of its own is left out: packages, and what only counts files or says how
/// the facts were taken.
std::vector<FactChange> fact_changes(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace keelson::inspect
