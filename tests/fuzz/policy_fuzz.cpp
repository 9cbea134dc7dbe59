// A policy from elsewhere: read it, and judge a few facts with what was read.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"
#include "policy/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const nlohmann::json facts = {{"versions", {{"kernel", "6.12.117+deb13"}}},
                                       {"list", {"a", "b", 1}},
                                       {"number", 2},
                                       {"truth", true},
                                       {"text", "aaaaaaaaaaaaaaaaaaaaaaaa"}};
  try {
    const auto policy = keelson::policy::parse_policy({reinterpret_cast<const char*>(data), size}, "fuzz");
    const auto report = keelson::policy::judge(policy, facts, {.now = 1795694400});
    (void)keelson::policy::render_report(report, true);
    (void)keelson::policy::report_json(report);
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
