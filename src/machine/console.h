/// The serial console as it comes: where the boot is, what it waits for, whether it is over. Bounded, whatever the
/// machine sends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace keelson::machine {

enum class Stage { Firmware, Loader, Kernel, Initrd, Userspace, Login };

/// "the firmware", "the boot loader", "the kernel", …
std::string_view stage_name(Stage stage);
/// The same as a key of the facts: "firmware", "loader", "kernel", …
std::string_view stage_key(Stage stage);

class Console {
 public:
  static constexpr std::size_t kKept = 256u << 10;  ///< bytes of text kept: the newest

  void feed(std::string_view bytes);

  /// How far it came; where it ended, once there is something fatal().
  Stage stage() const { return stage_; }
  /// What systemd said last it is waiting for ("Job systemd-logind.service/start running (16s / 1min 42s)"), or "".
  const std::string& waiting_for() const { return waiting_for_; }
  /// Units that systemd said have failed, first ones first, at most eight; or "".
  const std::string& failures() const { return failures_; }
  /// Why nothing more can come of this boot ("Kernel panic - not syncing: …"), or "".
  const std::string& fatal() const { return fatal_; }

  /// All that is kept, without escape sequences and other control characters.
  const std::string& text() const { return text_; }
  /// The last lines that are not empty, each indented by two spaces.
  std::string last_lines(std::size_t count) const;

 private:
  void take(char sign);
  void end_line(bool final);
  void understand(std::string_view line);
  void find_stage(std::string_view line);

  std::string text_;
  std::string line_;  // the line that is being written
  std::string waiting_for_;
  std::string failures_;
  std::string fatal_;
  Stage stage_ = Stage::Firmware;
  std::size_t failure_count_ = 0;
  enum class Escape { None, Begun, Sequence, Text, TextEnd } escape_ = Escape::None;
};

}  // namespace keelson::machine
