// How open the running services are, as `systemd-analyze security --json=short` says: an array of objects with a unit's
// name and its exposure, a number from 0 to 10 that is written as text. systemd-analyze(1), of systemd 257.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "machine/facts.h"

namespace keelson::machine {

namespace {

using nlohmann::json;

constexpr std::size_t kLargestText = 1u << 20;  // a real one has 70 bytes a service
constexpr std::size_t kMaxServices = 1000;
constexpr double kMostOpen = 10.0;
constexpr double kUnsafe = 9.0;  // from here on systemd-analyze says UNSAFE or worse

std::optional<double> exposure_of(const json& row) {
  const auto found = row.find("exposure");
  if (found == row.end()) return std::nullopt;
  double value = -1;
  if (found->is_number()) value = found->get<double>();
  if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  if (!(value >= 0 && value <= kMostOpen)) return std::nullopt;  // this way round for what is not a number
  return value;
}

// Of services that run: a shell for emergencies is open to whoever stands before it, and does nothing meanwhile.
json running_exposures(const json& rows, const json& services) {
  constexpr std::string_view kSuffix = ".service";
  json result = json::object();
  for (const auto& row : rows) {
    if (!row.is_object() || !row.contains("unit") || !row["unit"].is_string()) continue;
    std::string name = row["unit"].get<std::string>();
    if (!name.ends_with(kSuffix) || result.size() == kMaxServices) continue;
    name.resize(name.size() - kSuffix.size());
    const auto exposure = exposure_of(row);
    if (exposure && services.value(name, std::string()) == "active") result[name] = *exposure;
  }
  return result;
}

}  // namespace

json service_exposure(const Sections& sections, const json& services) {
  const auto text = section_text(sections, "exposure");
  if (text.empty() || text.size() > kLargestText) return nullptr;
  const json rows = json::parse(text, nullptr, false);
  if (!rows.is_array()) return nullptr;
  json each = running_exposures(rows, services);
  if (each.empty()) return nullptr;
  double worst = 0, sum = 0;
  json unsafe = json::array();
  for (const auto& [name, exposure] : each.items()) {
    const auto value = exposure.get<double>();
    worst = std::max(worst, value);
    sum += value;
    if (value >= kUnsafe) unsafe.push_back(name);
  }
  const double mean = std::round(10 * sum / static_cast<double>(each.size())) / 10;
  return {{"services", std::move(each)}, {"worst", worst}, {"mean", mean}, {"unsafe", std::move(unsafe)}};
}

}  // namespace keelson::machine
