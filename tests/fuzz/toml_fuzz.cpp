// formats/toml: a configuration of any bytes is read or refused.
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/toml/toml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    (void)keelson::toml::parse({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  } catch (const keelson::Error&) {
  }
  return 0;
}
