#include "cli/live_screen.h"

#include <fmt/format.h>

#include <string>

namespace keelson::cli {

LiveScreen::LiveScreen(std::FILE* stream) : stream_(stream) { enter(); }

LiveScreen::~LiveScreen() { leave(); }

TerminalSize LiveScreen::size() const { return terminal_size(::fileno(stream_)).value_or(TerminalSize{}); }

void LiveScreen::enter() {
  if (entered_) return;
  fmt::print(stream_, "\x1b[?1049h\x1b[?25l\x1b[?7l");
  std::fflush(stream_);
  entered_ = true;
}

void LiveScreen::leave() {
  if (!entered_) return;
  fmt::print(stream_, "\x1b[?7h\x1b[?25h\x1b[?1049l");
  std::fflush(stream_);
  entered_ = false;
}

/// Each line clears what is left of the one that stood there: nothing flickers, for nothing is ever empty.
void LiveScreen::show(std::string_view page) {
  std::string text = "\x1b[H";
  while (!page.empty()) {
    const auto end = std::min(page.find('\n'), page.size());
    text += page.substr(0, end);
    text += "\x1b[K";
    page.remove_prefix(std::min(end + 1, page.size()));
    if (!page.empty()) text += "\r\n";
  }
  text += "\x1b[J";
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
}

}  // namespace keelson::cli
