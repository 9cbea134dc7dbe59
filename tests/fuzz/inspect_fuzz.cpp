// What a hostile image may hold in the small files that are looked at, and as a unified kernel image.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "crypto/certificate_bundle.h"
#include "inspect/access.h"
#include "inspect/boot_entries.h"
#include "inspect/uki_facts.h"
#include "inspect/walk.h"
#include "inventory/system_facts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)keelson::inspect::entries_json(keelson::inspect::parse_grub_menu(text));
  (void)keelson::inspect::parse_loader_entry(text);
  (void)keelson::inspect::fits_pattern(text.substr(0, 200), text.substr(0, 20));
  (void)keelson::inspect::key_fingerprints(text);
  (void)keelson::inspect::capabilities_text(text);
  (void)keelson::inspect::known_owners(text, text);
  (void)keelson::read_certificate_bundle(text);
  (void)keelson::inventory::shadow_states(text);
  keelson::inspect::InitrdFacts initrds;
  try {
    (void)keelson::inspect::uki_facts(text, "fuzz.efi", initrds);
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
