// What a hostile machine may send: the framing, the understanding of every section, and the console.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "machine/console.h"
#include "machine/facts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  keelson::machine::Console console;
  console.feed(text);
  (void)console.last_lines(15);
  try {
    (void)keelson::machine::facts_from_sections(keelson::machine::parse_sections(text)).dump();
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  // The stream must come to the same end as the whole message.
  keelson::machine::SectionStream stream;
  try {
    stream.feed(text.substr(0, size / 2));
    stream.feed(text.substr(size / 2));
    if (stream.complete()) (void)stream.take();
  } catch (const keelson::Error&) {
  }
  return 0;
}
