// dm-verity devices, as dmsetup(8) prints the kernel's own view of them.
// Spec: Linux Documentation/admin-guide/device-mapper/verity.rst, "Construction Parameters" and "Status".
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxDevices = 256;

// "root: 0 1048576 verity …": the words behind the target, by the device's name.
std::map<std::string, std::vector<std::string_view>> targets(const Sections& sections, std::string_view section) {
  std::map<std::string, std::vector<std::string_view>> result;
  for (const auto line : split(section_text(sections, section), '\n')) {
    auto words = split_words(line);
    if (words.size() < 5 || words[3] != "verity" || !words[0].ends_with(':') || result.size() == kMaxDevices) continue;
    const std::string name(words[0].substr(0, words[0].size() - 1));
    words.erase(words.begin(), words.begin() + 4);
    result.emplace(name, std::move(words));
  }
  return result;
}

// Of version, data device, hash device, both block sizes, number of data blocks, first hash block, algorithm, root
// hash, salt, number of options, options.
constexpr std::size_t kRootHash = 8, kFirstOption = 11;

std::string_view on_corruption(const std::vector<std::string_view>& table) {
  const auto has = [&](std::string_view option) {
    return std::find(table.begin() + kFirstOption, table.end(), option) != table.end();
  };
  if (table.size() <= kFirstOption) return "io-error";
  if (has("ignore_corruption")) return "ignore";
  if (has("panic_on_corruption")) return "panic";
  return has("restart_on_corruption") ? "restart" : "io-error";
}

// The kernel took the device only after it had verified the signature that this option names.
bool is_signed(const std::vector<std::string_view>& table) {
  return std::find(table.begin(), table.end(), "root_hash_sig_key_desc") != table.end();
}

}  // namespace

json verity_devices(const Sections& sections, const json& mounts) {
  json result = json::object();
  const auto status = targets(sections, "verity-status");
  for (const auto& [name, table] : targets(sections, "verity-table")) {
    if (table.size() <= kRootHash) continue;
    json device{{"rootHash", table[kRootHash]}, {"signed", is_signed(table)}, {"onCorruption", on_corruption(table)}};
    if (const auto found = status.find(name); found != status.end()) device["intact"] = found->second.front() == "V";
    for (const auto& mount : mounts) {
      if (mount["source"] != "/dev/mapper/" + name) continue;
      device["mountPoint"] = mount["target"];
      break;
    }
    result[name] = std::move(device);
  }
  return result;
}

}  // namespace keelson::machine
