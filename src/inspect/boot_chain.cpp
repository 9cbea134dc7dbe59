#include "inspect/boot_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/harmless_text.h"
#include "base/text.h"
#include "inspect/boot_entries.h"
#include "inspect/uki_facts.h"
#include "packages/deb/version.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostKernels = 64;

bool is_older(const std::string& a, const std::string& b) { return deb::compare_versions(a, b) < 0; }

// Folders of modules, and images in /boot: "vmlinuz-6.12.1".
std::vector<std::string> releases_of(const SystemFiles& files) {
  constexpr std::string_view kImage = "vmlinuz-";
  std::set<std::string> names;
  for (const auto& name : files.list("/usr/lib/modules"))
    if (files.find("/usr/lib/modules/" + name + "/modules.dep") || files.find("/usr/lib/modules/" + name + "/vmlinuz"))
      names.insert(harmless_text(name));
  for (const auto& name : files.list("/boot"))
    if (name.starts_with(kImage) && name.size() > kImage.size())
      names.insert(harmless_text(name.substr(kImage.size())));
  std::vector<std::string> releases(names.begin(), names.end());
  std::stable_sort(releases.begin(), releases.end(), is_older);
  if (releases.size() > kMostKernels) releases.erase(releases.begin(), releases.end() - kMostKernels);
  return releases;
}

json kernels(const SystemFiles& files, const std::vector<std::string>& releases) {
  json result = json::array();
  for (const auto& release : releases) {
    json kernel{{"release", release}};
    const auto has = [&](const std::string& path) { return files.find(path).has_value(); };
    kernel["image"] = has("/boot/vmlinuz-" + release) || has("/usr/lib/modules/" + release + "/vmlinuz");
    kernel["initrd"] = has("/boot/initrd.img-" + release) || has("/boot/initramfs-" + release + ".img");
    kernel["modules"] = has("/usr/lib/modules/" + release + "/modules.dep");
    result.push_back(std::move(kernel));
  }
  return result;
}

// "6.12.117+deb13-cloud-amd64" of "/boot/vmlinuz-6.12.117+deb13-cloud-amd64".
std::string release_in(const std::string& path, const std::vector<std::string>& releases) {
  std::string found;
  for (const auto& release : releases)
    if (path.find(release) != std::string::npos && release.size() > found.size()) found = release;
  return found;
}

}  // namespace

BootChain put_boot_chain(json& facts, const SystemFiles& files) {
  BootChain chain{.kernel = {}, .command_line = {}, .releases = releases_of(files)};
  facts["kernels"] = kernels(files, chain.releases);
  InitrdFacts initrds;
  const auto ukis = read_ukis(files, initrds);
  facts["ukis"] = ukis;
  const auto entries = read_boot_entries(files);
  facts["bootEntries"] = entries_json(entries);
  initrds.add_files(files, entries);
  facts["initrds"] = initrds.take(files);
  const BootEntry* chosen = nullptr;
  for (const auto& entry : entries)
    if (entry.is_default) chosen = &entry;
  if (chosen != nullptr) {
    chain.command_line = chosen->options;
    chain.kernel = release_in(chosen->linux, chain.releases);
    if (chain.kernel.empty() && !chosen->version.empty()) chain.kernel = release_in(chosen->version, chain.releases);
  } else if (!ukis.empty()) {
    // systemd-boot takes the newest; by name, as they are sorted.
    chain.command_line = ukis.back().value("commandLine", std::string());
    chain.kernel = ukis.back().value("release", std::string());
  }
  if (chain.kernel.empty() && !chain.releases.empty()) chain.kernel = chain.releases.back();
  return chain;
}

}  // namespace keelson::inspect
