#include "machine/console.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/text.h"
#include "machine/sections.h"

namespace keelson::machine {

namespace {

constexpr std::size_t kMaxLine = 1024;
constexpr std::size_t kMaxFailures = 8;

struct Sign {
  std::string_view text;
  Stage stage;
};

// What only that stage prints. Stages only go forward.
constexpr std::array<Sign, 12> kSigns{{
    {"BdsDxe: starting Boot", Stage::Loader},
    {"systemd-boot", Stage::Loader},
    {"EFI stub:", Stage::Loader},
    {"GRUB", Stage::Loader},
    {"Linux version ", Stage::Kernel},
    {"Booting initrd of ", Stage::Initrd},  // systemd 257; older ones say "Welcome to … (Initramfs)!"
    {"Running in initrd", Stage::Initrd},
    {"(Initramfs)", Stage::Initrd},
    {"(Initrd)", Stage::Initrd},
    {"Switching root", Stage::Userspace},
    {"Welcome to ", Stage::Userspace},
    {" login:", Stage::Login},
}};

struct FatalSign {
  std::string_view text;
  std::string_view meaning;   // empty: the line says it best itself
  Stage last = Stage::Login;  // in a later stage it means something else
};

constexpr std::string_view kRefused = "a program was refused: it is signed by no key that the firmware has";

// After these nothing more can come.
constexpr std::array<FatalSign, 12> kFatal{{
    {"Kernel panic - not syncing", ""},
    {"You are in emergency mode", "systemd went into emergency mode"},
    {"You are in rescue mode", "systemd went into rescue mode"},
    {"Cannot open access to console", "systemd went into emergency mode"},
    {"Entering emergency mode", "systemd went into emergency mode"},
    {"No bootable option or device was found", ""},
    {"Dropping to a shell", ""},
    {"No bootable device", ""},
    // With Secure Boot: edk2 of what it starts itself, systemd-boot of what it asks the firmware to start.
    {": Access Denied", kRefused, Stage::Loader},
    {": Access denied", kRefused, Stage::Loader},
    {"Press any key to enter the Boot Manager Menu", "the firmware found nothing to boot"},
    // The last line of the emergency unit in Keelson's initrds, after the reasons (initrd/contents.cpp).
    {"Id=emergency.service", "it could not reach the root file system"},
}};

// "[    1.234567] …": a kernel message.
bool is_kernel_message(std::string_view line) {
  const auto close = line.find(']');
  if (line.size() < 4 || line[0] != '[' || close == std::string_view::npos || close < 3) return false;
  bool dot = false;
  for (const char sign : line.substr(1, close - 1)) {
    if (sign == '.')
      dot = true;
    else if (sign != ' ' && (sign < '0' || sign > '9'))
      return false;
  }
  return dot;
}

// "[***   ] (1 of 4) Job x.service/start running (16s / 1min 42s)" or "… A start job is running for X (…)".
std::string_view find_waiting(std::string_view line) {
  for (const std::string_view sign : {"A start job is running for ", "A stop job is running for ", "Job "}) {
    const auto at = line.find(sign);
    if (at == std::string_view::npos || (sign == "Job " && line.find(" running (") == std::string_view::npos)) continue;
    return line.substr(at);
  }
  return {};
}

bool is_failure(std::string_view line) {
  return line.starts_with("[FAILED]") || line.starts_with("[ TIME ]") || line.starts_with("[DEPEND]");
}

}  // namespace

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::Firmware:
      return "the firmware";
    case Stage::Loader:
      return "the boot loader";
    case Stage::Kernel:
      return "the kernel";
    case Stage::Initrd:
      return "the initrd";
    case Stage::Userspace:
      return "userspace";
    case Stage::Login:
      return "userspace, with a login prompt";
  }
  return "the firmware";
}

std::string_view stage_key(Stage stage) {
  constexpr std::array<std::string_view, 6> keys{"firmware", "loader", "kernel", "initrd", "userspace", "login"};
  return keys[static_cast<std::size_t>(stage)];
}

// Terminal control is dropped: ESC [ … letter, ESC ] … BEL or ESC \, and ESC with one sign (ECMA-48 section 5.4).
void Console::take(char sign) {
  const auto value = static_cast<unsigned char>(sign);
  switch (escape_) {
    case Escape::Begun:
      escape_ = sign == '[' ? Escape::Sequence : sign == ']' || sign == 'P' ? Escape::Text : Escape::None;
      return;
    case Escape::Sequence:
      if (value >= 0x40 || value < 0x20) escape_ = Escape::None;
      return;
    case Escape::Text:
      if (sign == '\a' || sign == '\n')
        escape_ = Escape::None;
      else if (sign == '\x1b')
        escape_ = Escape::TextEnd;
      return;
    case Escape::TextEnd:
      escape_ = Escape::None;
      return;
    case Escape::None:
      break;
  }
  if (sign == '\x1b') {
    escape_ = Escape::Begun;
  } else if (sign == '\n') {
    end_line(true);
  } else if (sign == '\r') {
    end_line(false);
  } else if (value >= 0x20 || sign == '\t') {
    line_ += sign;
    if (line_.size() >= kMaxLine) end_line(true);
  }
}

// A carriage return begins the line anew (systemd's moving stars): what stood there is understood but, unless a line
// feed follows, not kept.
void Console::end_line(bool final) {
  if (!line_.empty()) {
    understand(line_);
    if (final || find_waiting(line_).empty()) {
      text_ += harmless_text(line_);
      text_ += '\n';
    }
    line_.clear();
  }
  if (text_.size() > kKept) text_.erase(0, text_.find('\n', text_.size() - kKept) + 1);
}

void Console::find_stage(std::string_view line) {
  if (is_kernel_message(line) && stage_ < Stage::Kernel) stage_ = Stage::Kernel;
  // systemd in the initrd and in the system both say "Welcome to …"; the initrd's says so in brackets.
  const bool initrd_line =
      line.find("(Initramfs)") != std::string_view::npos || line.find("(Initrd)") != std::string_view::npos;
  const bool grub_line = line.find("GRUB") != std::string_view::npos;  // it says "Welcome to GRUB!"
  for (const auto& sign : kSigns) {
    if ((initrd_line || grub_line) && sign.stage == Stage::Userspace) continue;
    if (line.find(sign.text) != std::string_view::npos && sign.stage > stage_) stage_ = sign.stage;
  }
}

void Console::understand(std::string_view line) {
  // The stage is that in which it ended: a firmware that was refused the system starts its own shell next.
  if (fatal_.empty()) find_stage(line);
  if (const auto waiting = find_waiting(line); !waiting.empty()) {
    waiting_for_ = harmless_text(waiting);
  } else if (line.starts_with("[  OK  ]")) {
    waiting_for_.clear();  // something moved
  }
  if (is_failure(line) && failure_count_ < kMaxFailures) {
    ++failure_count_;
    failures_ += (failures_.empty() ? "" : "; ") + harmless_text(trim(line.substr(8)));
  }
  for (const auto& sign : kFatal) {
    if (fatal_.empty() && stage_ <= sign.last && line.find(sign.text) != std::string_view::npos)
      fatal_ = sign.meaning.empty() ? harmless_text(line.substr(line.find(sign.text))) : sign.meaning;
  }
}

void Console::feed(std::string_view bytes) {
  for (const char sign : bytes) take(sign);
  // A prompt has no line feed.
  if (line_.ends_with(" login: ")) understand(line_);
}

std::string Console::last_lines(std::size_t count) const {
  std::vector<std::string> lines;
  const std::string all = text_ + harmless_text(line_);  // split() gives views into it
  for (const auto line : split(all, '\n')) {
    if (!trim(line).empty()) lines.emplace_back(line);
  }
  std::string result;
  for (std::size_t i = lines.size() - std::min(count, lines.size()); i < lines.size(); ++i) {
    result += fmt::format("{}  {}", result.empty() ? "" : "\n", lines[i].substr(0, 200));
  }
  return result;
}

}  // namespace keelson::machine
