#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostPartitions = 128;
constexpr std::size_t kMostNotes = 100;

std::string with_version(std::string name, const std::string& version) {
  return version.empty() ? name : name + " " + version;
}

void put(Table& table, std::string_view name, const std::string& html) {
  if (!html.empty()) table.row({std::string(name), html});
}

std::string partitions(const json& disk) {
  const json& list = fact_at(disk, "/partitions");
  if (!list.is_array() || list.empty()) return {};
  Table table("Partitions", {"Number", "Type", "Size", "Content", "Label", "SHA-256"});
  for (const auto& partition : list) {
    if (table.rows() >= kMostPartitions) {
      table.left_out(1);
      continue;
    }
    table.row({shown(fact_text(partition, "/number")), shown(fact_text(partition, "/type")),
               shown(fact_size(fact_at(partition, "/bytes"))), shown(fact_text(partition, "/content")),
               shown(fact_text(partition, "/label")), as_code(fact_text(partition, "/sha256"))});
  }
  return folded("Partitions", table.html());
}

std::string notes(const json& facts) {
  const json& list = fact_at(facts, "/inspection/notes");
  if (!list.is_array() || list.empty()) return {};
  std::string items;
  std::size_t count = 0;
  for (const auto& note : list)
    if (++count <= kMostNotes) items += fmt::format("<li>{}</li>\n", shown(fact_words(note)));
  return fmt::format("<h3>What could not be read</h3>\n<ul>\n{}</ul>\n", items);
}

std::string uki_text(const json& uki) {
  std::string signers;
  const json& signatures = fact_at(uki, "/signatures");
  for (const auto& signature : signatures) {
    signers += (signers.empty() ? "signed by " : ", ") + fact_text(signature, "/subject") +
               (fact_at(signature, "/intact") == true ? "" : " (changed since)");
  }
  return as_code(fact_text(uki, "/path")) + ", " + shown(signers.empty() ? "not signed" : signers);
}

void put_security(Table& table, const json& facts) {
  const std::string mode = fact_text(facts, "/security/selinux/configuredMode");
  if (!mode.empty())
    put(table, "SELinux", shown(with_version(mode + ", policy", fact_text(facts, "/security/selinux/policy"))));
  if (fact_at(facts, "/security/fips/configured/kernelArgument") == true)
    put(table, "FIPS", "asked for by the kernel’s command line");
  const json& verity = fact_at(facts, "/security/verity");
  if (verity.is_object() && !verity.empty()) {
    std::string devices;
    for (const auto& [device, fact] : verity.items()) devices += (devices.empty() ? "" : ", ") + device;
    put(table, "dm-verity", shown(devices));
  }
}

// The few numbers that one looks for first.
class Tiles {
 public:
  void put(const std::string& number, std::string_view of) {
    if (!number.empty()) html_ += fmt::format("<li><b>{}</b> {}</li>\n", shown(number), of);
  }
  std::string html() const { return html_.empty() ? "" : "<ul class=\"tiles\">\n" + html_ + "</ul>\n"; }

 private:
  std::string html_;
};

std::string tiles(const Report& report) {
  Tiles tiles;
  tiles.put(fact_text(report.system.facts, "/packages/count"), "packages");
  tiles.put(human_size({report.system.space.bytes}), "in files");
  if (!report.verdicts.empty()) {
    const auto passed = std::count_if(report.verdicts.begin(), report.verdicts.end(),
                                      [](const policy::Report& verdicts) { return verdicts.passed(); });
    tiles.put(fmt::format("{} of {}", passed, report.verdicts.size()), "policies passed");
  }
  tiles.put(fact_text(report.vulnerabilities, "/totals/vulnerable"), "known vulnerabilities");
  const json& machine = report.boot_facts.is_object() ? report.boot_facts : report.system.facts;
  if (const auto score = fact_text(machine, "/hardening/score"); !score.empty()) tiles.put(score + " %", "hardening");
  if (const json& seconds = fact_at(machine, "/boot/total"); seconds.is_number())
    tiles.put(fmt::format("{:.1f} s", seconds.get<double>()), "boot");
  if (const json& rows = fact_at(report.differences, "/packages"); rows.is_array())
    tiles.put(std::to_string(rows.size()), "packages differ");
  return tiles.html();
}

}  // namespace

std::string glance_section(const Report& report) {
  const json& facts = report.system.facts;
  Table table("The image at a glance", {"What", "Value"});
  put(table, "Operating system", shown(fact_text(facts, "/os/name")));
  put(table, "Image", shown(with_version(fact_text(facts, "/image/id"), fact_text(facts, "/image/version"))));
  put(table, "Made by", shown(fact_text(facts, "/image/release/toolVersion")));
  put(table, "Architecture", shown(fact_text(facts, "/architecture")));
  for (const auto& [name, place] : {std::pair("Kernel", "/versions/kernel"), std::pair("systemd", "/versions/systemd"),
                                    std::pair("containerd", "/versions/containerd"),
                                    std::pair("runc", "/versions/runc"), std::pair("OpenSSL", "/versions/openssl")})
    put(table, name, shown(fact_text(facts, place)));
  put(table, "Command line", as_code(fact_text(facts, "/kernel/commandLine"), 2000));
  for (const auto& uki : fact_at(facts, "/ukis")) put(table, "Unified kernel image", uki_text(uki));
  put_security(table, facts);
  if (const auto format = fact_text(facts, "/disk/format"); !format.empty())
    put(table, "Disk", shown(format + ", " + fact_size(fact_at(facts, "/disk/bytes"))));
  put(table, "SHA-256 of the file", as_code(report.system.sha256));
  return tiles(report) + table.html() + partitions(fact_at(facts, "/disk")) + notes(facts);
}

}  // namespace keelson::inspect
