// A label selector: what is read is written so that it reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "kube/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using keelson::kube::Selector;
  try {
    const Selector selector = Selector::parse({reinterpret_cast<const char*>(data), size});
    (void)selector.matches({{"app", "web"}, {"n", "5"}});
    const std::string text = selector.text();
    if (Selector::parse(text).text() != text) std::abort();
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
