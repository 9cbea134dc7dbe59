/// The maintenance windows that hold together for a pool: open when any of them is and no blackout of any of them says
/// no.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/windows/window.h"

namespace keelson::fleet {

struct WindowState {
  bool open = true;
  std::optional<Moment> changes;  ///< when to ask again; nothing: it stays so
  /// "open until Sun 2026-11-29 04:00 Europe/Berlin", "opens Sat 2026-11-28 22:00 Europe/Berlin", "never opens: …"
  std::string reason;
};

/// An opening that lies farther ahead is none.
inline constexpr std::chrono::hours kOpeningHorizon{10 * 366 * 24};
/// Windows that follow each other are followed so far, not for ever.
inline constexpr std::chrono::hours kClosingHorizon{60 * 24};
inline constexpr std::size_t kMostWindows = 16;    ///< that hold together
inline constexpr std::size_t kMostBlackouts = 64;  ///< of one window

/// Promise: answers cost at most as many steps as there are blackouts and openings until the answer, each bounded.
class Windows {
 public:
  /// Always open.
  Windows() = default;
  /// @param windows none: always open. @throws Error(BadInput) for more than kMostWindows.
  explicit Windows(std::vector<Window> windows);

  bool is_open(Moment moment) const;
  /// The first moment from `moment` on at which it is open.
  std::optional<Moment> next_opening(Moment moment) const;
  /// The first moment after `moment`, at which it is open, at which it is not. Nothing: beyond the horizon.
  std::optional<Moment> next_closing(Moment moment) const;
  WindowState state_at(Moment moment) const;
  /// For a plan, before anybody waits. @throws Error(Refused) with the reason when it does not open any more.
  void require_opening(Moment moment) const;

 private:
  struct Opening {
    Moment moment;
    const Window* window;
  };
  std::optional<Opening> find_opening(Moment moment) const;
  const Window* window_at(Moment moment, Moment& until) const;
  const Blackout* blackout_at(Moment moment) const;
  std::string why_never(Moment moment) const;

  std::vector<Window> windows_;
  std::vector<Blackout> blackouts_;  ///< of all windows, by their beginning
};

}  // namespace keelson::fleet
