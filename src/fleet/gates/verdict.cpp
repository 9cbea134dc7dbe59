#include "fleet/gates/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostReason = 200;

int badness(Verdict verdict) {
  switch (verdict) {
    case Verdict::Good:
      return 0;
    case Verdict::Missing:
      return 1;
    case Verdict::Bad:
      return 2;
  }
  return 2;
}

}  // namespace

GateResult combine(const std::vector<NamedResult>& results) {
  if (results.empty()) return {Verdict::Good, "no gate was asked for"};
  const auto worst = std::max_element(results.begin(), results.end(), [](const NamedResult& a, const NamedResult& b) {
    return badness(a.result.verdict) < badness(b.result.verdict);
  });
  const Verdict verdict = worst->result.verdict;
  if (verdict == Verdict::Good)
    return {verdict, fmt::format("{} of {} gates are good", results.size(), results.size())};
  const auto alike = std::count_if(results.begin(), results.end(),
                                   [verdict](const NamedResult& one) { return one.result.verdict == verdict; });
  std::string reason = fmt::format("{}: {}", worst->gate, worst->result.reason);
  if (alike > 1) reason += fmt::format(" (and {} more gates)", alike - 1);
  return {verdict, std::move(reason)};
}

std::string reason_text(std::string_view text) {
  std::string line(trim(text.substr(0, 2 * kMostReason)));
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\t', ' ');
  if (line.size() > kMostReason) {
    line.resize(kMostReason);
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0u) == 0x80u) line.pop_back();
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0u) line.pop_back();
    line += " …";
  }
  return harmless_text(line);
}

GateResult bear(GateResult result, std::optional<Moment>& bad_since, Moment now, std::chrono::seconds patience) {
  if (result.verdict == Verdict::Good) bad_since.reset();
  if (result.verdict != Verdict::Bad) return result;
  if (!bad_since || *bad_since > now) bad_since = now;
  if (now - *bad_since >= patience) return result;
  return {Verdict::Missing, fmt::format("{} (this may pass within {})", result.reason, human_duration(patience))};
}

}  // namespace keelson::fleet
