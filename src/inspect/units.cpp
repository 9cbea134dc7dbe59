#include "inspect/units.h"

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/harmless_text.h"
#include "inspect/presets.h"

namespace keelson::inspect {

namespace {

constexpr const char* kOurs = "/etc/systemd/system";
constexpr const char* kPackages = "/usr/lib/systemd/system";
constexpr std::size_t kMostUnits = 5000;

// In "multi-user.target.wants" and its like.
std::set<std::string> wanted(const SystemFiles& files, const std::string& folder) {
  std::set<std::string> names;
  for (const auto& name : files.list(folder)) {
    if (!name.ends_with(".wants") && !name.ends_with(".requires") && !name.ends_with(".upholds")) continue;
    for (const auto& unit : files.list(folder + "/" + name))
      if (names.size() < kMostUnits) names.insert(harmless_text(unit));
  }
  return names;
}

// A link to /dev/null, or an empty file: systemd.unit(5).
bool is_mask(const SystemFiles& files, const std::string& path) {
  if (const auto target = files.link_target(path)) return *target == "/dev/null";
  const auto place = files.find(path, LastLink::Keep);
  return place && place->node.type == NodeType::File && place->node.size.value == 0;
}

std::set<std::string> masked(const SystemFiles& files) {
  std::set<std::string> names;
  for (const std::string folder : {kOurs, kPackages}) {
    for (const auto& name : files.list(folder)) {
      // What is masked by the distribution can be given anew in /etc.
      if (folder == kPackages && files.find(std::string(kOurs) + "/" + name, LastLink::Keep)) continue;
      if (names.size() < kMostUnits && is_mask(files, folder + "/" + name)) names.insert(harmless_text(name));
    }
  }
  return names;
}

}  // namespace

nlohmann::json unit_facts(const SystemFiles& files) {
  const auto off = masked(files);
  auto enabled = wanted(files, kOurs);
  auto by_packages = wanted(files, kPackages);
  for (const auto& name : off) {
    enabled.erase(name);
    by_packages.erase(name);
  }
  nlohmann::json result{{"enabled", enabled}, {"static", by_packages}, {"masked", off}};
  auto settled = enabled;
  settled.insert(off.begin(), off.end());
  settled.insert(by_packages.begin(), by_packages.end());
  result.update(preset_facts(files, settled));
  for (const std::string folder : {kOurs, kPackages}) {
    const auto target = files.link_target(folder + "/default.target");
    if (!target) continue;
    result["default"] = harmless_text(target->substr(target->rfind('/') + 1));
    break;
  }
  return result;
}

}  // namespace keelson::inspect
