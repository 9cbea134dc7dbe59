// A MaintenanceWindow resource: untrusted JSON. What is read must answer, and keep what it told.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "fleet/windows/read_window.h"
#include "fleet/windows/windows.h"
#include "kube/json_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::fleet;
  const Moment now{std::chrono::seconds(1'795'704'600)};
  try {
    const auto resource = keelson::kube::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
    const Windows windows({read_window(resource)});
    const auto state = windows.state_at(now);
    if (state.reason.empty() || state.open != windows.is_open(now)) std::abort();
    if (state.changes && *state.changes <= now) std::abort();
    if (!state.open && state.changes && !windows.is_open(*state.changes)) std::abort();
    if (const auto closes = state.open ? windows.next_closing(now) : std::nullopt; closes && windows.is_open(*closes))
      std::abort();
  } catch (const keelson::Error&) {
  }
  return 0;
}
