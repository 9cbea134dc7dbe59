// Any text: the Release parser and the armour decoder end with a value or with one Error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "packages/deb/repository/release_file.h"
#include "packages/deb/repository/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto release = keelson::deb::parse_release(text, "fuzz");
    keelson::deb::describe_date(release.date);
  } catch (const keelson::Error&) {
  }
  try {
    keelson::deb::without_armour(text, "fuzz");
  } catch (const keelson::Error&) {
  }
  return 0;
}
