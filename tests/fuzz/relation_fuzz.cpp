// A Debian relationship field: whatever is accepted must read the same again from its own text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "packages/deb/resolve/relation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::deb;
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  std::string again;
  std::vector<Alternatives> first;
  try {
    first = parse_relations(field, "Depends of x");
  } catch (const keelson::Error&) {
    return 0;
  }
  for (const auto& alternatives : first) {
    again += again.empty() ? "" : ", ";
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      again += (i == 0 ? "" : " | ") + to_text(alternatives[i]);
      (void)is_version_accepted(alternatives[i], alternatives[0].version);
    }
  }
  if (again.size() <= (1u << 20) && parse_relations(again, "its own text") != first) std::abort();
  return 0;
}
