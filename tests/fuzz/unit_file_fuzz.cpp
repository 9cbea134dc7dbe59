#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "os/unit_file.h"

/// The first line is a unit's name, the rest its file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\n');
  try {
    keelson::os::InstallSection section;
    keelson::os::parse_install_section(end == std::string_view::npos ? text : text.substr(end), section);
    const auto name = keelson::os::parse_unit_name(text.substr(0, end));
    if (keelson::os::parse_unit_name(name.text()).text() != name.text()) __builtin_trap();
    for (const auto& target : section.wanted_by) keelson::os::expand_specifiers(target, name);
  } catch (const keelson::Error&) {
  }
  return 0;
}
