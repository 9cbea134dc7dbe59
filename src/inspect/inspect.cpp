#include "inspect/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "hardening/assess.h"
#include "hardening/report.h"
#include "inspect/access.h"
#include "inspect/boot_chain.h"
#include "inspect/configuration.h"
#include "inspect/container_facts.h"
#include "inspect/containerd_facts.h"
#include "inspect/gather.h"
#include "inspect/open_system.h"
#include "inspect/private_keys.h"
#include "inspect/system_files.h"
#include "inspect/units.h"
#include "inspect/walk.h"
#include "inventory/from_outside.h"
#include "inventory/system_facts.h"
#include "sys/file.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// Debian's name, of what the shell is made for: every system has one. ELF, e_machine.
std::string architecture_of(const SystemFiles& files) {
  for (const char* path : {"/usr/bin/sh", "/usr/lib/systemd/systemd", "/usr/bin/busybox", "/bin/sh"}) {
    const auto place = files.find(path);
    if (!place || place->node.type != NodeType::File || place->node.size.value < 20) continue;
    std::string head(20, '\0');
    try {
      place->files->read(place->node.id, 0, std::as_writable_bytes(std::span(head)));
    } catch (const Error& error) {
      files.note(error.message());
      continue;
    }
    if (!head.starts_with("\x7f"
                          "ELF"))
      continue;
    const auto machine = static_cast<unsigned char>(head[18]) | static_cast<unsigned char>(head[19]) << 8;
    if (machine == 0x3e) return "amd64";
    if (machine == 0xb7) return "arm64";
  }
  return {};
}

// "1.7.24~ds1" of "1.7.24~ds1-6+b4" and of "1:1.7.24~ds1-6": what the program would say of itself.
std::string upstream(std::string version) {
  if (const auto colon = version.find(':'); colon != std::string::npos) version.erase(0, colon + 1);
  if (const auto dash = version.rfind('-'); dash != std::string::npos) version.erase(dash);
  return version;
}

json versions(const json& packages, const BootChain& chain) {
  json result = json::object();
  if (!chain.kernel.empty()) result["kernel"] = chain.kernel;
  if (!packages.contains("versions")) return result;
  const auto of = [&](const char* package) { return packages["versions"].value(package, std::string()); };
  if (const auto version = of("systemd"); !version.empty()) result["systemd"] = version;  // it says its package's
  // What distributions call the package that the program is in: the first that is there.
  const std::map<std::string, std::vector<const char*>> names{
      {"containerd", {"containerd", "containerd2", "moby-containerd", "containerd.io"}},
      {"openssl", {"openssl", "openssl-libs", "openssl-3", "libopenssl3"}},
      {"runc", {"runc", "moby-runc"}}};
  for (const auto& [name, packages_of_it] : names) {
    for (const char* package : packages_of_it) {
      if (const auto version = of(package); !version.empty() && !result.contains(name))
        result[name] = upstream(version);
    }
  }
  return result;
}

// What the checks of the hardening look at, as far as files tell it.
void put_checked(json& facts, const inventory::Sections& sections) {
  if (sections.contains("kernel-config")) facts["kernel"]["configuration"] = inventory::kernel_configuration(sections);
  facts["files"] = inventory::files(sections);
  facts["modules"] = inventory::modules(sections);
  if (sections.contains("passwd") && sections.contains("shadow")) {
    facts["accounts"] = inventory::accounts(sections);
    inventory::put_login_settings(facts["accounts"], sections);
  }
  facts["banners"] = inventory::banners(sections);
  facts["journal"] = inventory::journal(sections);
}

// The checks of the hardening that files alone decide. There is no score of them: it would be another than from inside.
void put_hardening(json& facts) {
  json all = hardening::to_json(hardening::assess(facts));
  json checks = json::array();
  for (auto& check : all["checks"]) {
    const std::string id = check["id"];
    if (!inventory::only_running_machine_tells(fmt::format("hardening.checks[id={}]", id)))
      checks.push_back(std::move(check));
  }
  facts["hardening"] = {{"checks", std::move(checks)}};
}

bool is_this_machine(const fs::path& target) {
  std::error_code ignored;
  return fs::equivalent(target, "/", ignored);
}

}  // namespace

namespace {

// The one walk over all files: the root's are facts, all are told to who wants to know.
WalkedTree walk_files(const SystemFiles& files, const std::vector<MountedFiles>& mounts, const FileVisitor& also) {
  const auto owners =
      known_owners(files.harmless("/etc/passwd").value_or(""), files.harmless("/etc/group").value_or(""));
  const std::function<void(std::string)> note = [&](std::string text) { files.note(std::move(text)); };
  TreeFacts tree(owners, note);
  const auto visit = [&](const ListedFile& file) {
    if (also) also(file);
    if (file.files == mounts.front().files) tree.add(file);
  };
  visit_files(mounts, visit, note);
  return tree.result();
}

}  // namespace

json system_facts(const SystemFiles& files, const std::vector<MountedFiles>& mounts, std::int64_t now,
                  const FileVisitor& also) {
  json facts{{"schema", "keelson-facts/1"}};
  const auto chain = put_boot_chain(facts, files);
  const auto tree = walk_files(files, mounts, also);
  const auto sections = gather(files, chain.kernel, tree);
  const json packages = inventory::installed_packages(sections);
  if (packages.value("count", std::size_t{0}) == inventory::kMostInstalled)
    files.note("there are more than 200,000 packages: the rest is left out");
  if (const auto architecture = architecture_of(files); !architecture.empty()) facts["architecture"] = architecture;
  facts["versions"] = versions(packages, chain);
  facts["os"] = inventory::os_release(sections);
  facts["image"] = inventory::image_identity(sections);
  facts["kernel"] = json::object();
  if (!chain.command_line.empty()) facts["kernel"]["commandLine"] = chain.command_line;
  if (!packages.empty()) facts["packages"] = packages;
  facts["setuid"] = inventory::setuid(sections);
  put_checked(facts, sections);
  facts["files"]["capabilities"] = tree.capabilities;
  facts["files"]["sizes"] = tree.sizes;
  facts["files"]["count"] = tree.files;
  facts["files"]["folders"] = tree.folders;
  facts["units"] = unit_facts(files);
  put_access(facts, files);
  put_private_keys(facts, files);
  put_settings(facts, files);
  put_security(facts, files, chain.command_line);
  put_certificates(facts, files, now);
  put_containerd(facts, files);
  put_programs(facts, files);
  put_hardening(facts);
  return facts;
}

json inspect(const OpenedSystem& system, Digests digests, std::int64_t now, const FileVisitor& also) {
  const SystemFiles& files = system.files();
  json facts = system_facts(files, system.mounts(), now, also);
  const bool live = system.disk() == nullptr && is_this_machine(system.target());
  if (live) {
    const std::string command_line = read_file("/proc/cmdline", kibibytes(64));
    facts["kernel"]["commandLine"] = harmless_text(trim(std::string_view(command_line)));
  }
  if (system.disk() != nullptr) facts["disk"] = disk_facts(*system.disk(), digests);
  if (system.container() != nullptr) facts["containerImage"] = container_facts(*system.container());
  facts["inspection"] = {{"kind", system.disk() != nullptr        ? "disk"
                                  : system.container() != nullptr ? "container"
                                  : system.is_archive()           ? "archive"
                                  : live                          ? "live"
                                                                  : "directory"},
                         {"notes", files.notes()}};
  return facts;
}

json inspect(const InspectRequest& request) {
  return inspect(OpenedSystem(request.target), request.digests, request.now);
}

}  // namespace keelson::inspect
