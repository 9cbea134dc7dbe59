// A lock file: whatever is accepted must be written and read back unchanged.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "packages/deb/lock.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::deb;
  Lock lock;
  try {
    lock = parse_lock({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const keelson::Error&) {
    return 0;
  }
  if (parse_lock(write_lock(lock), "its own text") != lock) std::abort();
  return 0;
}
