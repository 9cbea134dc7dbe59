/// Which new Machine takes the place of one that goes. Cluster API does not say; any new one of the same deployment and
/// template does, as long as each stands for one operation only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/back_ends/machines.h"

namespace keelson::fleet {

/// What is known before a Machine is deleted. Stands in the NodeRecord's annotation kept in kReplaces, as JSON, so that
/// a restart of the controller goes on from it.
struct Succession {
  std::string operation;
  std::string space;
  std::string machine;  ///< that goes
  std::string uid;
  std::string deployment;
  std::string wanted_template;
  std::string since;               ///< when the youngest Machine of the deployment was made, by the server's clock
  std::vector<std::string> among;  ///< those that were made in that same second; at most kMostAmong
};
inline constexpr std::string_view kReplaces = "keelson.dev/replaces";
inline constexpr std::size_t kMostAmong = 100;

std::string succession_text(const Succession& succession);
/// Nothing for a text that is none, or is of another operation. @param text untrusted.
std::optional<Succession> parse_succession(std::string_view text, const std::string& operation);

/// Sets `since` and `among`. @param machines all that are known, of any deployment.
void look_around(Succession& succession, const std::vector<Machine>& machines);

/// The Machine that has been claimed for the operation; nullptr when none is. One that goes counts no more.
const Machine* find_claimed(const Succession& succession, const std::vector<Machine>& machines);
/// Those that may be claimed, the oldest first: the caller still has to look at their MachineSet's template.
std::vector<const Machine*> find_candidates(const Succession& succession, const std::vector<Machine>& machines);

}  // namespace keelson::fleet
