#include "machine/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "inventory/system_facts.h"

namespace keelson::machine {

namespace {

using inventory::section_lines;
using nlohmann::json;

constexpr std::size_t kMaxDenialLines = 50;                    // shown; all are counted
constexpr std::string_view kWholeLog = "log-read-to-its-end";  // the collector's word

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string word_of(std::string_view text, std::size_t index) {
  const auto words = split_words(text.substr(0, text.find('\n')));
  return index < words.size() ? std::string(words[index]) : std::string();
}

// Debian's names, as recipes use them.
std::string architecture_name(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

void put(json& object, const char* key, std::string value) {
  if (!value.empty()) object[key] = std::move(value);
}

// What the programs say of themselves: that is what runs. The package database is asked where there is no answer.
json versions(const Sections& sections, const json& packages) {
  json result = json::object();
  const auto or_package = [&](std::string said, const char* package) {
    if (!said.empty()) return said;
    return packages.contains("versions") ? packages["versions"].value(package, std::string()) : std::string();
  };
  put(result, "kernel", word_of(section_text(sections, "uname"), 1));
  put(result, "systemd", or_package(property_of(sections, "manager", "Version"), "systemd"));
  std::string containerd = word_of(section_text(sections, "containerd"), 2);  // "containerd github.com/… v1.7.24 …"
  if (!containerd.empty() && containerd[0] == 'v') containerd.erase(0, 1);
  put(result, "containerd", or_package(containerd, "containerd"));
  put(result, "runc", or_package(word_of(section_text(sections, "runc"), 2), "runc"));  // "runc version 1.1.15"
  put(result, "openssl", or_package(word_of(section_text(sections, "openssl"), 1), "openssl"));  // "OpenSSL 3.5.1 …"
  return result;
}

// Known only when the collector could read the whole kernel log: no log is not the same as no denial.
std::optional<json> denials(const Sections& sections) {
  if (!section_text(sections, "kernel-log").ends_with(kWholeLog)) return std::nullopt;
  json lines = json::array();
  std::size_t count = 0;
  std::uint64_t lost = 0;
  for (const auto line : section_lines(sections, "kernel-log")) {
    // Without an audit daemon the kernel prints what is denied, and when there is much of it says only how much.
    constexpr std::string_view kSuppressed = "kauditd_printk_skb: ";
    if (const auto at = line.find(kSuppressed); at != std::string_view::npos)
      lost += number_of(word_of(line.substr(at + kSuppressed.size()), 0)).value_or(1);
    const bool selinux = line.find("avc:") != std::string_view::npos && line.find("denied") != std::string_view::npos;
    const bool apparmor = line.find("apparmor=\"DENIED\"") != std::string_view::npos;
    if (!selinux && !apparmor) continue;
    if (++count <= kMaxDenialLines) lines.push_back(line);
  }
  return json{{"count", count}, {"lines", std::move(lines)}, {"suppressed", lost}};
}

// "none [integrity] confidentiality": the chosen one is in brackets.
std::string lockdown_mode(const Sections& sections) {
  const auto text = section_text(sections, "lockdown");
  const auto begin = text.find('[');
  const auto end = text.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "unavailable";
  return std::string(text.substr(begin + 1, end - begin - 1));
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

json security(const Sections& sections, const json& all_mounts) {
  json result = json::object();
  if (sections.contains("verity-table")) result["verity"] = verity_devices(sections, all_mounts);
  if (sections.contains("selinux-enforce")) result["selinux"] = selinux_state(sections);
  if (sections.contains("ipe-enforce")) result["ipe"] = ipe(sections);
  if (sections.contains("lockdown")) result["lockdown"] = lockdown_mode(sections);
  if (sections.contains("secure-boot")) result["secureBoot"] = section_text(sections, "secure-boot") == "1";
  if (const std::string pcr = lower_case(section_text(sections, "pcr11")); !pcr.empty()) result["pcr11"] = pcr;
  if (sections.contains("fips")) result["fips"] = fips(sections);
  if (auto found = denials(sections)) result["denials"] = std::move(*found);
  json modules = json::array();
  const auto lsm = section_text(sections, "lsm");
  if (!lsm.empty()) {
    for (const auto name : split(lsm, ',')) modules.push_back(name);
    result["lsm"] = std::move(modules);
  }
  return result;
}

json mounts(const Sections& sections) {
  json result = json::array();
  for (const auto line : section_lines(sections, "mounts")) {
    // proc(5), mountinfo: id parent major:minor root target options [optional …] - type source super-options
    const auto words = split_words(line);
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 3) continue;
    result.push_back({{"target", words[4]}, {"options", words[5]}, {"type", dash[1]}, {"source", dash[2]}});
  }
  return result;
}

// Version 2 is one file system of type cgroup2 at /sys/fs/cgroup; version 1 is a tmpfs with one per controller.
json cgroup(const Sections& sections, const json& all_mounts) {
  json result = json::object();
  for (const auto& mount : all_mounts) {
    const bool unified = mount["target"] == "/sys/fs/cgroup" && mount["type"] == "cgroup2";
    if (unified) result["version"] = 2;
    if (mount["type"] == "cgroup" && !result.contains("version")) result["version"] = 1;
  }
  json controllers = json::array();
  for (const auto name : split_words(section_text(sections, "cgroup-controllers"))) controllers.push_back(name);
  result["controllers"] = std::move(controllers);
  return result;
}

// A shared machine-id would make two nodes look like one. systemd notes in /run the one that it made at this boot.
std::string machine_id_state(const Sections& sections) {
  const auto id = section_text(sections, "machine-id");
  if (id.size() != 32) return "missing";
  if (id == section_text(sections, "run-machine-id")) return "fresh";
  const bool made = section_text(sections, "kernel-log").find("Initializing machine ID") != std::string_view::npos;
  return made && section_text(sections, "run-machine-id").empty() ? "fresh" : "fixed";
}

// Of systemctl's table "unit loaded active sub description", without our own unit: it is no part of the system.
struct UnitRow {
  std::string_view name, loaded, active, sub;
};

std::vector<UnitRow> units(const Sections& sections) {
  std::vector<UnitRow> rows;
  for (const auto line : section_lines(sections, "units")) {
    const auto words = split_words(line);
    if (words.size() < 4 || words[0] == "keelson-check.service") continue;
    rows.push_back({words[0], words[1], words[2], words[3]});
  }
  return rows;
}

json failed_units(const Sections& sections) {
  json result = json::array();
  for (const auto& unit : units(sections)) {
    if (unit.active == "failed" || unit.sub == "failed") result.push_back(unit.name);
  }
  return result;
}

json system(const Sections& sections) {
  json result = json::object();
  if (sections.contains("machine-id")) result["machineId"] = machine_id_state(sections);
  put(result, "state",
      std::string(section_text(sections, "state").substr(0, section_text(sections, "state").find('\n'))));
  if (!section_text(sections, "units").empty()) result["failedUnits"] = failed_units(sections);
  if (const auto units = number_of(property_of(sections, "manager", "NNames"))) result["units"] = *units;
  put(result, "virtualization", property_of(sections, "manager", "Virtualization"));
  return result;
}

// {"containerd": "active"} of what systemd has loaded.
json services(const Sections& sections) {
  constexpr std::string_view suffix = ".service";
  json result = json::object();
  for (const auto& unit : units(sections)) {
    if (unit.loaded != "loaded" || !unit.name.ends_with(suffix)) continue;
    result[std::string(unit.name.substr(0, unit.name.size() - suffix.size()))] = unit.active;
  }
  return result;
}

json memory(const Sections& sections) {
  json result = json::object();
  const auto kibibytes_of = [&](std::string_view key) -> std::optional<std::uint64_t> {
    for (const auto line : section_lines(sections, "meminfo")) {
      if (line.starts_with(key)) return number_of(word_of(line, 1));
    }
    return std::nullopt;
  };
  const auto total = kibibytes_of("MemTotal:");
  const auto available = kibibytes_of("MemAvailable:");
  if (!total || !available || *available > *total) return result;
  result["totalBytes"] = *total * 1024;
  result["usedBytes"] = (*total - *available) * 1024;
  return result;
}

json container(const Sections& sections) {
  json result = json::object();
  std::string output(section_text(sections, "container-output"));
  if (const auto at = output.rfind("\ncontext"); at != std::string::npos) {  // the probe's last line
    put(result, "context", std::string(trim(std::string_view(output).substr(at + 8))));
    output.resize(at);
  }
  result["output"] = std::move(output);
  result["error"] = std::string(section_text(sections, "container-error"));
  result["import"] = std::string(section_text(sections, "container-import"));
  if (const auto code = number_of(section_text(sections, "container-exit"))) result["exitCode"] = *code;
  return result;
}

json network(const Sections& sections) {
  if (section_text(sections, "net-tcp").empty() || section_text(sections, "net-udp").empty()) return json::object();
  json listening = listening_sockets(sections);
  json exposed = json::array();
  for (const auto& row : listening) {
    if (row["loopback"] != true) {
      exposed.push_back(fmt::format("{} {} {}", row["protocol"].get<std::string>(), row["port"].get<unsigned>(),
                                    row.value("process", std::string("?"))));
    }
  }
  return {{"listening", std::move(listening)}, {"exposed", std::move(exposed)}};
}

}  // namespace

json boot_times(const Sections& sections) {
  // org.freedesktop.systemd1(5): microseconds. Firmware and loader count backwards from the kernel's start.
  const auto at = [&](std::string_view name) {
    const auto value = number_of(property_of(sections, "manager", fmt::format("{}TimestampMonotonic", name)));
    return static_cast<double>(value.value_or(0)) / 1e6;
  };
  const auto rounded = [](double seconds) {
    return static_cast<double>(static_cast<std::int64_t>(seconds * 1000 + 0.5)) / 1000;
  };
  const double firmware = at("Firmware"), loader = at("Loader"), initrd = at("InitRD"), userspace = at("Userspace"),
               finish = at("Finish");
  json result = json::object();
  if (firmware > 0 && firmware >= loader) result["firmware"] = rounded(firmware - loader);
  if (loader > 0) result["loader"] = rounded(loader);
  if (userspace <= 0 || initrd > userspace) return result;
  result["kernel"] = rounded(initrd > 0 ? initrd : userspace);
  if (initrd > 0) result["initrd"] = rounded(userspace - initrd);
  if (finish >= userspace) {
    result["userspace"] = rounded(finish - userspace);
    result["total"] = rounded(firmware + finish);
  }
  return result;
}

json facts_from_sections(const Sections& sections) {
  const json packages = inventory::installed_packages(sections);
  const json all_mounts = mounts(sections);
  json facts{{"schema", "keelson-facts/1"}};
  put(facts, "architecture", architecture_name(word_of(section_text(sections, "uname"), 2)));
  facts["versions"] = versions(sections, packages);
  facts["os"] = inventory::os_release(sections);
  facts["image"] = inventory::image_identity(sections);
  facts["kernel"] = json::object();
  put(facts["kernel"], "commandLine",
      std::string(section_text(sections, "cmdline")));  // one that nobody read is no empty one
  facts["security"] = security(sections, all_mounts);
  facts["cgroup"] = cgroup(sections, all_mounts);
  facts["system"] = system(sections);
  facts["services"] = services(sections);
  if (auto exposure = service_exposure(sections, facts["services"]); !exposure.is_null())
    facts["security"]["exposure"] = std::move(exposure);
  facts["network"] = network(sections);
  facts["boot"] = boot_times(sections);
  facts["memory"] = memory(sections);
  facts["mounts"] = all_mounts;
  if (!packages.empty()) facts["packages"] = packages;
  if (sections.contains("setuid")) facts["setuid"] = inventory::setuid(sections);
  if (sections.contains("container-exit")) facts["container"] = container(sections);
  put_hardening(facts, sections);
  return facts;
}

}  // namespace keelson::machine
