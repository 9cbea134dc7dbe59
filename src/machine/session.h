/// One run of a machine: QEMU, its console, what it complains of, and the facts that come out of it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "machine/child.h"
#include "machine/console.h"
#include "machine/qemu.h"
#include "machine/sections.h"

namespace keelson::machine {

enum class Outcome {
  Facts,  ///< all facts are there
  Login,  ///< the login prompt came, and nobody asked for facts
  TimedOut,
  Fatal,  ///< the console said that nothing more will come
  Ended,  ///< QEMU ended by itself before that
};

class Session {
 public:
  /// Starts QEMU. @param folder where it may put scratch files.
  Session(const MachinePlan& plan, const std::filesystem::path& folder);

  /// Moves bytes until something is decided. @throws Error(BadInput) for facts that break their form.
  Outcome run(std::chrono::seconds timeout);
  /// Waits for QEMU to end by itself (a machine that powers off), then makes it.
  void finish(std::chrono::seconds patience);
  /// TERM, then KILL.
  void stop();

  const Console& console() const { return console_; }
  const SectionStream& sections() const { return sections_; }
  const std::string& complaints() const { return complaints_; }  ///< QEMU's standard error, bounded
  double seconds() const;                                        ///< since QEMU's start
  /// When each stage began, in seconds since QEMU's start, as its first words came out of the serial port.
  const std::map<Stage, double>& reached() const { return reached_; }

 private:
  void wait_and_read(std::chrono::milliseconds limit);
  bool is_open() const { return console_fd_ || facts_fd_; }

  UniqueFd console_fd_;
  UniqueFd error_fd_;
  UniqueFd facts_fd_;
  std::unique_ptr<Child> child_;
  Console console_;
  SectionStream sections_;
  std::string complaints_;
  std::map<Stage, double> reached_;
  std::chrono::steady_clock::time_point start_;
};

/// Where a boot that did not get there stopped, as a person would tell it, with the last lines of the console.
std::string account_of(Outcome outcome, const Console& console, std::string_view complaints,
                       std::chrono::seconds timeout);

/// Whether the console tells of a fault that software emulation of several processors makes and no machine has: the
/// kernel changes an instruction of its own on one processor (a breakpoint, the rest, the first byte), while another
/// still runs a translation of the breakpoint after it was taken away. Seen with QEMU 7.2 on a busy host.
bool is_fault_of_emulation(std::string_view console);

}  // namespace keelson::machine
