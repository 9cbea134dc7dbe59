#include "fleet/back_ends/succession.h"

#include <algorithm>

#include "base/error.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

using kube::json;
using kube::text_at;

bool is_of(const Succession& succession, const Machine& machine) {
  return machine.space == succession.space && machine.deployment == succession.deployment;
}

}  // namespace

std::string succession_text(const Succession& succession) {
  return kube::json_text({{"operation", succession.operation},
                          {"namespace", succession.space},
                          {"machine", succession.machine},
                          {"uid", succession.uid},
                          {"deployment", succession.deployment},
                          {"template", succession.wanted_template},
                          {"since", succession.since},
                          {"among", succession.among}});
}

std::optional<Succession> parse_succession(std::string_view text, const std::string& operation) {
  json value;
  try {
    value = kube::parse_json(text, "the annotation");
  } catch (const Error&) {
    return std::nullopt;
  }
  Succession succession{.operation = text_at(value, {"operation"}),
                        .space = text_at(value, {"namespace"}),
                        .machine = text_at(value, {"machine"}),
                        .uid = text_at(value, {"uid"}),
                        .deployment = text_at(value, {"deployment"}),
                        .wanted_template = text_at(value, {"template"}),
                        .since = text_at(value, {"since"})};
  for (const auto& name : kube::list_at(value, {"among"})) {
    if (name.is_string() && succession.among.size() < kMostAmong) succession.among.push_back(name.get<std::string>());
  }
  for (const auto member : {&Succession::space, &Succession::machine, &Succession::uid, &Succession::deployment,
                            &Succession::wanted_template}) {
    if ((succession.*member).empty()) return std::nullopt;
  }
  if (succession.operation != operation) return std::nullopt;
  return succession;
}

void look_around(Succession& succession, const std::vector<Machine>& machines) {
  succession.since.clear();
  succession.among.clear();
  for (const auto& machine : machines) {
    if (is_of(succession, machine)) succession.since = std::max(succession.since, machine.created);
  }
  for (const auto& machine : machines) {
    if (is_of(succession, machine) && machine.created == succession.since) succession.among.push_back(machine.name);
  }
  // Too many to keep: then none of that second counts, of which the successor, made later, can hardly be.
  if (succession.among.size() > kMostAmong) {
    succession.among.clear();
    succession.since += '~';  // greater than every time that begins so
  }
}

const Machine* find_claimed(const Succession& succession, const std::vector<Machine>& machines) {
  const auto found = std::find_if(machines.begin(), machines.end(), [&](const Machine& machine) {
    return is_of(succession, machine) && !machine.is_going && machine.successor_of == succession.operation;
  });
  return found == machines.end() ? nullptr : &*found;
}

std::vector<const Machine*> find_candidates(const Succession& succession, const std::vector<Machine>& machines) {
  std::vector<const Machine*> candidates;
  for (const auto& machine : machines) {
    if (!is_of(succession, machine) || machine.is_going || !machine.successor_of.empty()) continue;
    if (machine.uid == succession.uid || machine.created < succession.since) continue;
    const auto& among = succession.among;
    const bool was_there = std::find(among.begin(), among.end(), machine.name) != among.end();
    if (machine.created == succession.since && was_there) continue;
    candidates.push_back(&machine);
  }
  std::sort(candidates.begin(), candidates.end(), [](const Machine* a, const Machine* b) {
    return std::pair(a->created, a->name) < std::pair(b->created, b->name);
  });
  return candidates;
}

}  // namespace keelson::fleet
