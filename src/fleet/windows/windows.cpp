#include "fleet/windows/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::fleet {

namespace {

bool is_over(const Window& window, Moment moment) { return window.not_after && *window.not_after <= moment; }

}  // namespace

Windows::Windows(std::vector<Window> windows) : windows_(std::move(windows)) {
  if (windows_.size() > kMostWindows) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use {} maintenance windows together: at most {} are allowed",
                                                 windows_.size(), kMostWindows));
  }
  for (const auto& window : windows_)
    blackouts_.insert(blackouts_.end(), window.blackouts.begin(), window.blackouts.end());
  std::stable_sort(blackouts_.begin(), blackouts_.end(),
                   [](const Blackout& a, const Blackout& b) { return a.span.from < b.span.from; });
}

const Blackout* Windows::blackout_at(Moment moment) const {
  const Blackout* longest = nullptr;
  for (const auto& blackout : blackouts_) {
    if (blackout.span.from > moment) break;
    if (moment < blackout.span.to && (longest == nullptr || blackout.span.to > longest->span.to)) longest = &blackout;
  }
  return longest;
}

// The window that is open longest, blackouts apart.
const Window* Windows::window_at(Moment moment, Moment& until) const {
  const Window* longest = nullptr;
  for (const auto& window : windows_) {
    const auto span = next_span(window, moment);
    if (!span || span->from > moment) continue;
    if (longest != nullptr && span->to <= until) continue;
    longest = &window;
    until = span->to;
  }
  return longest;
}

std::optional<Windows::Opening> Windows::find_opening(Moment moment) const {
  const Moment horizon = moment + kOpeningHorizon;
  Moment at = moment;
  while (at <= horizon) {
    if (const auto* blackout = blackout_at(at)) {
      at = blackout->span.to;
      continue;
    }
    std::optional<Opening> first;
    for (const auto& window : windows_) {
      const auto span = next_span(window, at);
      if (!span) continue;
      const Moment opens = std::max(span->from, at);
      if (!first || opens < first->moment) first = Opening{opens, &window};
    }
    if (!first || first->moment > horizon) return std::nullopt;
    if (blackout_at(first->moment) == nullptr) return first;
    at = first->moment;
  }
  return std::nullopt;
}

bool Windows::is_open(Moment moment) const {
  if (windows_.empty()) return true;
  Moment until{};
  return blackout_at(moment) == nullptr && window_at(moment, until) != nullptr;
}

std::optional<Moment> Windows::next_opening(Moment moment) const {
  if (windows_.empty()) return moment;
  const auto opening = find_opening(moment);
  return opening ? std::optional(opening->moment) : std::nullopt;
}

std::optional<Moment> Windows::next_closing(Moment moment) const {
  if (windows_.empty()) return std::nullopt;
  const auto blackout = std::find_if(blackouts_.begin(), blackouts_.end(),
                                     [moment](const Blackout& one) { return one.span.from > moment; });
  const Moment horizon = moment + kClosingHorizon;
  Moment at = moment;
  for (Moment until{}; at <= horizon && window_at(at, until) != nullptr; at = until) {
    if (blackout != blackouts_.end() && blackout->span.from <= at) return blackout->span.from;
  }
  if (blackout != blackouts_.end() && blackout->span.from <= at) return blackout->span.from;
  return at > horizon ? std::nullopt : std::optional(at);
}

std::string Windows::why_never(Moment moment) const {
  const bool all_over =
      std::all_of(windows_.begin(), windows_.end(), [moment](const Window& window) { return is_over(window, moment); });
  if (all_over) {
    const auto last = std::max_element(windows_.begin(), windows_.end(),
                                       [](const Window& a, const Window& b) { return *a.not_after < *b.not_after; });
    return fmt::format("never opens: window '{}' was the last to end, {}", last->name,
                       last->zone.text(*last->not_after));
  }
  for (const auto& window : windows_) {
    const auto span = next_span(window, moment);
    if (!span) continue;
    const Moment opens = std::max(span->from, moment);
    if (const auto* blackout = blackout_at(opens)) {
      return fmt::format("never opens: when window '{}' would, {}, the blackout{}{}{} lasts until {}", window.name,
                         window.zone.text(opens), blackout->reason.empty() ? "" : " '", blackout->reason,
                         blackout->reason.empty() ? "" : "'", window.zone.text(blackout->span.to));
    }
    return fmt::format("never opens: window '{}' not before {}, which is too far away", window.name,
                       window.zone.text(opens));
  }
  return fmt::format("never opens: window '{}' has no opening between its notBefore and its notAfter",
                     windows_.front().name);
}

WindowState Windows::state_at(Moment moment) const {
  if (windows_.empty()) return {.open = true, .changes = std::nullopt, .reason = "always open"};
  Moment until{};
  const Window* window = window_at(moment, until);
  if (window != nullptr && blackout_at(moment) == nullptr) {
    const auto closes = next_closing(moment);
    return {.open = true,
            .changes = closes.value_or(moment + kClosingHorizon),
            .reason = closes ? "open until " + window->zone.text(*closes) : std::string("open for the next 60 days")};
  }
  const auto opening = find_opening(moment);
  if (!opening) return {.open = false, .changes = std::nullopt, .reason = why_never(moment)};
  return {.open = false, .changes = opening->moment, .reason = "opens " + opening->window->zone.text(opening->moment)};
}

void Windows::require_opening(Moment moment) const {
  if (windows_.empty() || find_opening(moment)) return;
  throw Error(ErrorKind::Refused,
              fmt::format("cannot wait for maintenance window '{}': it {}", windows_.front().name, why_never(moment)),
              "mend its notAfter or its blackouts");
}

}  // namespace keelson::fleet
