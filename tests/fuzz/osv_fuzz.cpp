// A record of OSV: untrusted JSON.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "vulnerability/osv.h"
#include "vulnerability/sample_feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::vulnerability;
  static const Wanted wanted = sample_wanted({{"curl", "8.14.1-2"}, {"glibc", "2.41-12"}});
  try {
    OsvReader reader("fuzz", wanted);
    reader.add("record", {reinterpret_cast<const char*>(data), size});
    for (const auto& claim : reader.finish().claims) {
      if (wanted.find(claim.source) == nullptr || claim.id.empty() || claim.score.value_or(0) > 100) std::abort();
      if ((claim.status == Status::FixedIn) && claim.fixed_version.empty()) std::abort();
    }
  } catch (const keelson::Error&) {
  }
  return 0;
}
