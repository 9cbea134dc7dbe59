/// Facts: what was found in a running machine, as JSON (schema/facts.schema.json, docs/reference/facts.md).
/// The collector inside sends raw texts; all understanding is here, where it can be tested without a machine, and in
/// inventory/ for what an image on a disk tells as well.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inventory/sections.h"
#include "machine/sections.h"

namespace keelson::machine {

/// Never fails: what a section does not tell, or tells in a form we don't know, is left out of the facts.
/// Lists are bounded and in the order of the source, or sorted where that has none.
nlohmann::json facts_from_sections(const Sections& sections);

// The parts, for their own tests.
nlohmann::json listening_sockets(const Sections& sections);  ///< [{protocol, address, port, process, loopback}]
nlohmann::json fips(const Sections& sections);               ///< {enabled, openssl, kernel}
nlohmann::json ipe(const Sections& sections);                ///< {mode, policies, denials}
nlohmann::json selinux_state(const Sections& sections);      ///< {mode, policy, configuredMode, policyVersion, domains}
nlohmann::json boot_times(const Sections& sections);  ///< seconds: firmware, loader, kernel, initrd, userspace, total
/// {name: {rootHash, intact, signed, onCorruption, mountPoint}} of dm-verity devices. @param mounts as in the facts.
nlohmann::json verity_devices(const Sections& sections, const nlohmann::json& mounts);
/// {services: {name: 0…10}, worst, mean, unsafe} of active services; null when unknown. @param services as in the
/// facts.
nlohmann::json service_exposure(const Sections& sections, const nlohmann::json& services);
nlohmann::json refusals(const Sections& sections);
/// Adds what the checks of the hardening look at, and then what they find. Nothing when the machine told none of it.
void put_hardening(nlohmann::json& facts, const Sections& sections);

using inventory::property_of;
using inventory::section_text;

}  // namespace keelson::machine
