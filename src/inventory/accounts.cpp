// Accounts and groups, as passwd(5), group(5) and shadow(5) describe them. Hashes of passwords get no further.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "inventory/system_facts.h"

namespace keelson::inventory {

namespace {

using nlohmann::json;
using Fields = std::vector<std::string_view>;

std::vector<Fields> records(const Sections& sections, std::string_view name, std::size_t fields) {
  std::vector<Fields> rows;
  for (const auto line : split(section_text(sections, name), '\n')) {
    auto row = split(line, ':');
    if (row.size() >= fields) rows.push_back(std::move(row));
  }
  return rows;
}

// Those that come more than once, sorted.
json repeated(const std::vector<Fields>& rows, std::size_t field) {
  std::map<std::string_view, int> counts;
  for (const auto& row : rows) ++counts[row[field]];
  json result = json::array();
  for (const auto& [value, count] : counts) {
    if (count > 1) result.push_back(value);
  }
  return result;
}

bool is_shell(std::string_view program) {
  return !program.empty() && !program.ends_with("/nologin") && !program.ends_with("/false") && program != "/bin/sync" &&
         program != "/usr/bin/sync";
}

// Debian's policy, 9.2.2: below 1000 for the system, from 1000 to 59999 for people.
bool is_system(const Fields& account) {
  const auto id = account[2];
  return account[0] != "root" && (id.size() < 4 || (id.size() == 5 && id >= "60000"));
}

json in_state(const Sections& sections, std::string_view state) {
  json names = json::array();
  for (const auto line : split(section_text(sections, "shadow"), '\n')) {
    const auto words = split_words(line);
    if (words.size() == 2 && words[1] == state) names.push_back(words[0]);
  }
  return names;
}

json shadow_members(const std::vector<Fields>& groups) {
  json names = json::array();
  for (const auto& group : groups) {
    if (group[0] != "shadow" || trim(group[3]).empty()) continue;
    for (const auto name : split(trim(group[3]), ',')) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string shadow_states(std::string_view shadow) {
  std::string states;
  for (const auto line : split(shadow, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 2 || fields[0].empty()) continue;
    const bool locked = fields[1].starts_with('!') || fields[1].starts_with('*');
    states += std::string(fields[0]) + (fields[1].empty() ? " empty\n" : locked ? " locked\n" : " set\n");
  }
  return states;
}

json accounts(const Sections& sections) {
  const auto users = records(sections, "passwd", 7);
  const auto groups = records(sections, "group", 4);
  std::set<std::string_view> group_ids;
  for (const auto& group : groups) group_ids.insert(group[2]);
  const json with_password = in_state(sections, "set");
  json lists{{"superusers", json::array()}, {"rootGroup", json::array()},    {"unknownGroups", json::array()},
             {"unshadowed", json::array()}, {"systemShells", json::array()}, {"openSystemAccounts", json::array()}};
  const auto put = [&](const char* list, bool holds, std::string_view name) {
    if (holds) lists[list].push_back(name);
  };
  for (const auto& user : users) {
    put("superusers", user[2] == "0", user[0]);
    put("rootGroup", user[3] == "0" && user[0] != "sync" && user[0] != "shutdown" && user[0] != "halt", user[0]);
    put("unknownGroups", !group_ids.contains(user[3]), user[0]);
    put("unshadowed", user[1] != "x" && user[1] != "*" && user[1] != "!", user[0]);
    put("systemShells", is_system(user) && is_shell(user[6]), user[0]);
    put("openSystemAccounts",
        is_system(user) && with_password.end() != std::find(with_password.begin(), with_password.end(), user[0]),
        user[0]);
  }
  lists["emptyPasswords"] = in_state(sections, "empty");
  lists["withPassword"] = with_password;
  lists["shadowMembers"] = shadow_members(groups);
  lists["duplicateNames"] = repeated(users, 0);
  lists["duplicateIds"] = repeated(users, 2);
  lists["duplicateGroupNames"] = repeated(groups, 0);
  lists["duplicateGroupIds"] = repeated(groups, 2);
  return lists;
}

}  // namespace keelson::inventory
