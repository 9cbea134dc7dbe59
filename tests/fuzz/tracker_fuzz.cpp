// A feed of Debian's security tracker: untrusted JSON, streamed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "vulnerability/sample_feeds.h"
#include "vulnerability/tracker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::vulnerability;
  static const Wanted wanted = sample_wanted({{"curl", "8.14.1-2"}, {"glibc", "2.41-12"}});
  try {
    FeedText text(std::string_view(reinterpret_cast<const char*>(data), size));
    for (const auto& claim : read_tracker(text, "fuzz", wanted).claims) {
      if (wanted.find(claim.source) == nullptr || claim.summary.size() > kLongestSummary + 3) std::abort();
    }
  } catch (const keelson::Error&) {
  }
  return 0;
}
