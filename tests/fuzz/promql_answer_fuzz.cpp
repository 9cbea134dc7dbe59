// Prometheus's answer to a query: untrusted JSON. Good must have a reason to be so.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "fleet/gates/prometheus_answer.h"
#include "fleet/gates/promql_gate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::fleet;
  const Moment now{std::chrono::seconds(1'795'704'600)};
  PromqlGate gate;
  gate.query = "up";
  gate.condition = {Comparator::GreaterOrEqual, 1};
  keelson::kube::Response response;
  response.status = 200;
  response.body.assign(reinterpret_cast<const char*>(data), size);
  const auto result = judge_answer(gate, response, now);
  if (result.reason.empty() || result.reason.size() > 1000) std::abort();
  if (result.verdict != Verdict::Good) return 0;
  try {
    const auto answer = parse_prometheus_answer(response.body);
    if (answer.samples.empty() || !answer.error.empty()) std::abort();
    for (const auto& sample : answer.samples) {
      if (!(sample.value >= 1) || std::abs(sample.time - 1'795'704'600) > 300) std::abort();
    }
  } catch (const keelson::Error&) {
    std::abort();
  }
  return 0;
}
