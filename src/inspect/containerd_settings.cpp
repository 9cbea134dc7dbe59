#include "inspect/containerd_settings.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "base/harmless_text.h"
#include "formats/toml/toml.h"
#include "inspect/boot_entries.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 64;
constexpr ByteCount kLargestFile = mebibytes(1);

enum class Plugins { Replaced, Merged };

class Loader {
 public:
  Loader(const SystemFiles& files, const std::string& version) : files_(files), version_(version) {}

  json load(const std::string& path) {
    std::vector<std::string> waiting{path};
    while (!waiting.empty()) {
      const std::string next = waiting.front();
      waiting.erase(waiting.begin());
      if (std::find(seen_.begin(), seen_.end(), next) != seen_.end()) continue;
      if (seen_.size() == kMostFiles) {
        files_.note("containerd's configuration imports more than 64 files: the rest was not looked at");
        break;
      }
      seen_.push_back(next);
      const json one = read(next);
      for (auto& name : imported(one, next)) waiting.push_back(std::move(name));
      merge(one);
    }
    return std::move(whole_);
  }

  /// Those that are there, but for the first.
  json imports() const {
    json names = json::array();
    for (std::size_t i = 1; i < seen_.size(); ++i)
      if (files_.find(seen_[i])) names.push_back(harmless_text(seen_[i]));
    return names;
  }

 private:
  json read(const std::string& path) const {
    const auto text = files_.harmless(path, kLargestFile);
    if (!text) return json::object();
    try {
      return toml::parse(*text, path);
    } catch (const Error& error) {
      files_.note(error.message());
      return json::object();
    }
  }

  // A pattern is for names only: "/etc/containerd/conf.d/*.toml".
  std::vector<std::string> imported(const json& one, const std::string& parent) const {
    std::vector<std::string> names;
    const auto found = one.find("imports");
    if (found == one.end() || !found->is_array()) return names;
    for (const auto& item : *found) {
      if (!item.is_string()) continue;
      const fs::path path = (fs::path(parent).parent_path() / item.get<std::string>()).lexically_normal();
      const std::string last = path.filename();
      if (last.find('*') == std::string::npos) {
        names.push_back(path);
        continue;
      }
      for (const auto& name : files_.list(path.parent_path().native()))
        if (fits_pattern(name, last)) names.push_back(path.parent_path() / name);
    }
    return names;
  }

  Plugins plugins() const {
    if (!version_.empty())
      return version_.starts_with("0.") || version_.starts_with("1.") ? Plugins::Replaced : Plugins::Merged;
    const auto found = whole_.find("version");
    return found != whole_.end() && found->is_number_integer() && *found >= 3 ? Plugins::Merged : Plugins::Replaced;
  }

  void merge(const json& one) {
    for (const auto& [key, value] : one.items()) {
      if (key == "imports") continue;
      json& place = whole_[key];
      if (value.is_array() && place.is_array()) {
        for (const auto& item : value)
          if (std::find(place.begin(), place.end(), item) == place.end()) place.push_back(item);
      } else if (key == "plugins" && value.is_object() && place.is_object() && plugins() == Plugins::Merged) {
        place.merge_patch(value);
      } else if (value.is_object() && place.is_object()) {
        place.update(value);
      } else {
        place = value;
      }
    }
  }

  const SystemFiles& files_;
  const std::string& version_;
  std::vector<std::string> seen_;
  json whole_ = json::object();
};

// What stands at the end of the names, or nullptr.
const json* find(const json& table, std::initializer_list<const char*> names) {
  const json* here = &table;
  for (const char* name : names) {
    if (!here->is_object()) return nullptr;
    const auto found = here->find(name);
    if (found == here->end()) return nullptr;
    here = &*found;
  }
  return here;
}

// Texts, numbers and truths only, for a file may have anything there.
void put(json& facts, const char* name, std::initializer_list<const json*> places) {
  for (const json* place : places)
    if (place != nullptr && !place->is_structured() && !place->is_null()) facts[name] = *place;
}

void put_runtime(json& facts, const json& containerd) {
  std::string runtime = "runc";
  if (const json* named = find(containerd, {"default_runtime_name"}); named != nullptr && named->is_string())
    runtime = named->get<std::string>();
  facts["defaultRuntime"] = runtime;
  put(facts, "systemdCgroup", {find(containerd, {"runtimes", runtime.c_str(), "options", "SystemdCgroup"})});
}

}  // namespace

json containerd_settings(const SystemFiles& files, const std::string& path, const std::string& version) {
  Loader loader(files, version);
  const json whole = loader.load(path);
  json facts{{"imports", loader.imports()},      {"root", "/var/lib/containerd"},
             {"state", "/run/containerd"},       {"version", 1},
             {"disabledPlugins", json::array()}, {"systemdCgroup", false}};
  put(facts, "version", {find(whole, {"version"})});
  put(facts, "root", {find(whole, {"root"})});
  put(facts, "state", {find(whole, {"state"})});
  if (const json* disabled = find(whole, {"disabled_plugins"}); disabled != nullptr && disabled->is_array())
    for (const auto& plugin : *disabled)
      if (plugin.is_string()) facts["disabledPlugins"].push_back(plugin);
  // One plugin up to version 2 of the configuration, two from 3 on; by its short name in version 1.
  const json nothing = json::object();
  const auto plugin = [&](const char* name) -> const json& {
    const json* found = find(whole, {"plugins", name});
    return found == nullptr ? nothing : *found;
  };
  const bool is_new = find(whole, {"plugins", "io.containerd.cri.v1.runtime"}) != nullptr ||
                      find(whole, {"plugins", "io.containerd.cri.v1.images"}) != nullptr;
  const json& old = find(whole, {"plugins", "cri"}) != nullptr ? plugin("cri") : plugin("io.containerd.grpc.v1.cri");
  const json& runtime = is_new ? plugin("io.containerd.cri.v1.runtime") : old;
  const json& images = is_new ? plugin("io.containerd.cri.v1.images") : old;
  const json* containerd = find(runtime, {"containerd"});
  put_runtime(facts, containerd == nullptr ? nothing : *containerd);
  put(facts, "snapshotter", {find(images, {"containerd", "snapshotter"}), find(images, {"snapshotter"})});
  put(facts, "sandboxImage", {find(images, {"sandbox_image"}), find(images, {"pinned_images", "sandbox"})});
  put(facts, "registryConfigPath", {find(images, {"registry", "config_path"})});
  return facts;
}

}  // namespace keelson::inspect
