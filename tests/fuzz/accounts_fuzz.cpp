#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "os/accounts.h"

/// Whatever a table holds, it comes out as it went in (with the last line feed that a text file has).
template <typename Entry>
void round_trip(std::string_view text) {
  const std::string out = keelson::os::AccountTable<Entry>(text).text();
  std::string expected(text);
  if (!expected.empty() && expected != "\n" && !expected.ends_with('\n')) expected += '\n';
  if (expected == "\n") expected.clear();
  if (out != expected) __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip<keelson::os::PasswdEntry>(text);
  round_trip<keelson::os::ShadowEntry>(text);
  round_trip<keelson::os::GroupEntry>(text);
  round_trip<keelson::os::GshadowEntry>(text);
  return 0;
}
