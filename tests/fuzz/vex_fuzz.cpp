// Statements about vulnerabilities, in either format: read, applied, and what follows from them written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "vulnerability/sample_feeds.h"
#include "vulnerability/vex.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::vulnerability;
  static const Wanted wanted = sample_wanted({{"curl", "8.14.1-2"}});
  try {
    const auto statements = read_vex({reinterpret_cast<const char*>(data), size}, "fuzz");
    Finding finding;
    finding.claim.id = "CVE-2026-1";
    finding.claim.source = "curl";
    finding.claim.installed_version = "8.14.1-2";
    finding.claim.status = Status::NoFixYet;
    finding.binaries = wanted.find("curl")->front().binaries;
    std::vector<Finding> findings{finding};
    const auto use = apply_vex(findings, wanted, statements, {"pkg:oci/node"});
    if (use.suppressed > 1 || use.unused > use.statements) std::abort();
    if (use.suppressed == 0) return 0;
    if (read_vex(write_openvex(findings, wanted, {}), "ours").size() != 1) std::abort();
    if (read_vex(write_cyclonedx_vex(findings, wanted, {}), "ours").size() != 1) std::abort();
  } catch (const keelson::Error&) {
  }
  return 0;
}
