#include "inspect/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/harmless_text.h"
#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/certificate_bundle.h"
#include "crypto/hash.h"
#include "image/mount_table.h"
#include "inventory/system_facts.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr ByteCount kSmallFile = kibibytes(64);
constexpr std::size_t kMostMounts = 1000;
constexpr std::size_t kMostExpired = 100;
constexpr std::size_t kMostAdded = 500;
constexpr std::size_t kMostSysctls = 2000;
constexpr const char* kBundle = "/etc/ssl/certs/ca-certificates.crt";

std::string first_line(const std::optional<std::string>& text) {
  if (!text) return {};
  for (const auto line : split(*text, '\n'))
    if (const auto said = trim(line); !said.empty() && !said.starts_with('#')) return std::string(said);
  return {};
}

void put(json& object, const char* key, std::string value) {
  if (!value.empty()) object[key] = std::move(value);
}

// machine-id(5): "uninitialized" or nothing is filled in at the first boot.
std::string machine_id_state(const SystemFiles& files) {
  const auto text = files.text("/etc/machine-id", kSmallFile);
  if (!text) return "missing";
  const auto id = trim(std::string_view(*text));
  return id.size() == 32 ? "fixed" : "fresh";
}

// /etc/localtime leads to "../usr/share/zoneinfo/Etc/UTC".
std::string time_zone(const SystemFiles& files) {
  constexpr std::string_view kFolder = "/zoneinfo/";
  if (const auto target = files.link_target("/etc/localtime")) {
    const auto at = target->find(kFolder);
    if (at != std::string::npos) return harmless_text(target->substr(at + kFolder.size()));
  }
  return first_line(files.harmless("/etc/timezone", kSmallFile));
}

std::string locale(const SystemFiles& files) {
  for (const char* path : {"/etc/locale.conf", "/etc/default/locale"}) {
    const auto text = files.harmless(path, kSmallFile);
    if (!text) continue;
    if (auto value = inventory::property_in(*text, "LANG"); !value.empty()) return value;
  }
  return {};
}

json selinux(const SystemFiles& files) {
  const auto configuration = files.harmless("/etc/selinux/config", kSmallFile);
  if (!configuration) return nullptr;
  json result = inventory::selinux_configuration({{"selinux-config", *configuration}});
  const std::string folder = "/etc/selinux/" + result.value("policy", std::string("none"));
  result["fileContexts"] = files.find(folder + "/contexts/files/file_contexts").has_value();
  for (const auto& name : files.list(folder + "/policy"))
    if (name.starts_with("policy.")) result["compiledPolicy"] = harmless_text(name);  // the newest is the last
  return result;
}

// What the image asks for; what the kernel then does is security.fips.enabled, which only a running machine tells.
json fips(const SystemFiles& files, std::string_view command_line) {
  bool activated = false;
  const auto configuration = files.harmless("/etc/ssl/openssl.cnf", kibibytes(256)).value_or("");
  for (const auto line : split(configuration, '\n')) {
    const auto said = trim(line);
    if (!said.starts_with('#') && said.find("fipsmodule.cnf") != std::string_view::npos) activated = true;
  }
  return {{"kernelArgument", kernel_argument(command_line, "fips") == "1"},
          {"opensslModule", files.find("/etc/ssl/fipsmodule.cnf").has_value()},
          {"opensslActivated", activated}};
}

// systemd 256 and later know version 1 only when they are made to.
int cgroup_version(std::string_view command_line) {
  const auto unified = kernel_argument(command_line, "systemd.unified_cgroup_hierarchy");
  return unified == "0" || unified == "no" || unified == "false" ? 1 : 2;
}

struct SysctlFile {
  std::string name;
  std::string path;
};

std::vector<SysctlFile> sysctl_files(const SystemFiles& files) {
  std::vector<SysctlFile> found;
  for (const std::string folder : {"/etc/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"}) {
    for (const auto& name : files.list(folder)) {
      const bool replaced =
          std::any_of(found.begin(), found.end(), [&](const auto& file) { return file.name == name; });
      if (name.ends_with(".conf") && !replaced) found.push_back({name, folder + "/" + name});
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

// "net/ipv4/ip_forward" of it, and of "net.ipv4.ip_forward": sysctl.d(5), the first separator tells which it is.
std::string with_slashes(std::string_view name) {
  std::string result(name);
  const auto first = result.find_first_of("./");
  if (first == std::string::npos || result[first] == '/') return result;
  for (char& c : result) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return result;
}

// Authorities that somebody has added to those of the distribution: update-ca-certificates(8).
void put_added(json& certificates, const SystemFiles& files, std::int64_t now) {
  constexpr const char* kFolder = "/usr/local/share/ca-certificates";
  json added = json::array();
  json expired = json::array();
  for (const auto& name : files.list(kFolder)) {
    if (!name.ends_with(".crt")) continue;
    const auto text = files.text(std::string(kFolder) + "/" + name, kSmallFile);
    if (!text) continue;
    for (const auto& certificate : read_certificate_bundle(*text).certificates) {
      if (added.size() == kMostAdded) break;
      added.push_back(harmless_text(certificate.subject));
      if (certificate.not_after < now) expired.push_back(harmless_text(certificate.subject));
    }
  }
  certificates["added"] = std::move(added);
  certificates["addedExpired"] = std::move(expired);
}

json history(const SystemFiles& files) {
  const auto text = files.harmless("/usr/share/image-customizer/history.json", mebibytes(4));
  if (!text) return nullptr;
  const json records = json::parse(*text, nullptr, false);
  if (!records.is_array()) return nullptr;
  json result{{"count", records.size()}};
  if (!records.empty() && records.back().is_object()) {
    for (const char* key : {"timestamp", "toolVersion", "imageUuid"})
      if (records.back().contains(key) && records.back()[key].is_string()) result["last"][key] = records.back()[key];
  }
  return result;
}

}  // namespace

std::optional<std::string> kernel_argument(std::string_view command_line, std::string_view key) {
  std::optional<std::string> value;
  for (const auto word : split_words(command_line))
    if (word.starts_with(key) && word.size() > key.size() && word[key.size()] == '=')
      value = std::string(word.substr(key.size() + 1));
  return value;
}

std::string configured_sysctls(const SystemFiles& files) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& path) {
    const auto text = files.harmless(path, kSmallFile).value_or("");
    for (const auto line : split(text, '\n')) {
      auto said = trim(line);
      if (said.starts_with('-')) said.remove_prefix(1);  // "do not mind if it fails"
      const auto equals = said.find('=');
      if (said.starts_with('#') || said.starts_with(';') || equals == std::string_view::npos) continue;
      if (lines.size() == kMostSysctls) return;
      lines.push_back(
          fmt::format("{}:{}\n", with_slashes(trim(said.substr(0, equals))), trim(said.substr(equals + 1))));
    }
  };
  for (const auto& file : sysctl_files(files)) add(file.path);
  // The last value counts in sysctl.d, the first one where lines are understood.
  std::string text;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) text += *line;
  return text;
}

void put_settings(json& facts, const SystemFiles& files) {
  auto& system = facts["system"];
  system["machineId"] = machine_id_state(files);
  put(system, "hostname", first_line(files.harmless("/etc/hostname", kSmallFile)));
  put(system, "timeZone", time_zone(files));
  put(system, "locale", locale(files));
  json mounts = json::array();
  for (const auto& line : image::parse_mount_table(files.harmless("/etc/fstab", kSmallFile).value_or("")))
    if (mounts.size() < kMostMounts)
      mounts.push_back(
          {{"source", line.source}, {"target", line.mount_point}, {"type", line.type}, {"options", line.options}});
  facts["fstab"] = std::move(mounts);
}

void put_security(json& facts, const SystemFiles& files, std::string_view command_line) {
  auto& security = facts["security"];
  if (json found = selinux(files); !found.is_null()) security["selinux"] = std::move(found);
  security["fips"] = {{"configured", fips(files, command_line)}};
  for (const auto& [device, key] : {std::pair{"root", "roothash"}, std::pair{"usr", "usrhash"}})
    if (const auto hash = kernel_argument(command_line, key)) security["verity"][device]["rootHash"] = *hash;
  facts["cgroup"] = {{"configuredVersion", cgroup_version(command_line)}};
  if (json set = inventory::sysctls({{"sysctls", configured_sysctls(files)}}); !set.empty())
    facts["kernel"]["configuredSysctls"] = std::move(set);
}

void put_certificates(json& facts, const SystemFiles& files, std::int64_t now) {
  const auto text = files.text(kBundle, mebibytes(8));
  if (!text) return;
  const auto bundle = read_certificate_bundle(*text);
  json result{{"file", kBundle}, {"count", bundle.certificates.size()}, {"unreadable", bundle.unreadable}};
  json expired = json::array();
  const BundledCertificate* soonest = nullptr;
  for (const auto& certificate : bundle.certificates) {
    if (certificate.not_after < now) {
      if (expired.size() < kMostExpired) expired.push_back(harmless_text(certificate.subject));
    } else if (soonest == nullptr || certificate.not_after < soonest->not_after) {
      soonest = &certificate;
    }
  }
  result["expired"] = std::move(expired);
  if (soonest != nullptr)
    result["soonest"] = {{"subject", harmless_text(soonest->subject)}, {"expires", utc_text(soonest->not_after)}};
  put_added(result, files, now);
  facts["certificates"] = std::move(result);
}

void put_programs(json& facts, const SystemFiles& files) {
  if (const auto release = files.harmless("/etc/image-customizer-release", kSmallFile)) {
    auto& fact = facts["image"]["release"];
    put(fact, "toolVersion", inventory::property_in(*release, "TOOL_VERSION"));
    put(fact, "buildDate", inventory::property_in(*release, "BUILD_DATE"));
    put(fact, "uuid", inventory::property_in(*release, "IMAGE_UUID"));
  }
  if (json records = history(files); !records.is_null()) facts["image"]["history"] = std::move(records);
}

}  // namespace keelson::inspect
