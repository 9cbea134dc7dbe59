// Policies that include others: one list of rules in the end.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "policy/policy.h"
#include "sys/file.h"

namespace keelson::policy {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kLargestFile = mebibytes(1);
constexpr std::size_t kDeepest = 8;
constexpr std::size_t kMostRules = 5000;

void put(Rule rule, std::vector<Rule>& rules) {
  const auto same = std::find_if(rules.begin(), rules.end(), [&](const Rule& other) { return other.id == rule.id; });
  if (same == rules.end()) {
    rules.push_back(std::move(rule));
  } else {
    *same = std::move(rule);
  }
}

Policy read(const fs::path& path, std::vector<fs::path>& open) {
  if (open.size() == kDeepest || std::find(open.begin(), open.end(), path) != open.end()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read policy '{}': {}", path.native(),
                            open.size() == kDeepest ? "policies include each other too deeply" : "it includes itself"));
  }
  Policy policy = parse_policy(read_file(path, kLargestFile), path.native());
  if (policy.includes.empty()) return policy;
  open.push_back(path);
  std::vector<Rule> rules;
  std::vector<Waiver> waivers;
  for (const auto& include : policy.includes) {
    Policy other = with_context(fmt::format("reading what '{}' includes", path.native()),
                                [&] { return read((path.parent_path() / include).lexically_normal(), open); });
    for (auto& rule : other.rules) put(std::move(rule), rules);
    for (auto& waiver : other.waivers) waivers.push_back(std::move(waiver));
  }
  open.pop_back();
  for (auto& rule : policy.rules) put(std::move(rule), rules);
  if (rules.size() > kMostRules)
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read policy '{}': there are more than {} rules", path.native(), kMostRules));
  policy.rules = std::move(rules);
  policy.waivers.insert(policy.waivers.begin(), waivers.begin(), waivers.end());
  policy.includes.clear();
  return policy;
}

void check_waivers(const Policy& policy) {
  for (const auto& waiver : policy.waivers) {
    if (std::any_of(policy.rules.begin(), policy.rules.end(), [&](const Rule& rule) { return rule.id == waiver.rule; }))
      continue;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read policy '{}': it waives the rule '{}', which it does not have", policy.file,
                            waiver.rule));
  }
}

}  // namespace

Policy read_policy(const fs::path& path) {
  std::vector<fs::path> open;
  Policy policy = read(path.lexically_normal(), open);
  check_waivers(policy);
  return policy;
}

}  // namespace keelson::policy
