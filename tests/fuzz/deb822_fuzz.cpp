// Any text: the deb822 reader ends with stanzas or with one Error, and its views stay inside the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "formats/deb822/stanza.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto inside = [&](std::string_view part) {
    return part.empty() || (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
  };
  try {
    keelson::deb822::parse_stanzas(text, "fuzz", [&](const keelson::deb822::Stanza& stanza) {
      for (const auto& field : stanza.fields()) {
        if (!inside(field.name) || !inside(field.value) || stanza.find(field.name) != field.value) std::abort();
      }
    });
  } catch (const keelson::Error&) {
  }
  return 0;
}
