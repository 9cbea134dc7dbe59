/// A page that is drawn again and again in place, on a terminal.
#pragma once

#include <cstdio>
#include <string_view>

#include "sys/terminal.h"

namespace keelson::cli {

/// Promise: what stood on the terminal before is there again when it ends, however it ends, kill -9 apart: it draws on
/// the terminal's alternate screen (xterm's control sequences, DECSET 1049, 25 and 7).
class LiveScreen {
 public:
  explicit LiveScreen(std::FILE* stream);
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;
  ~LiveScreen();

  TerminalSize size() const;
  /// Takes the place of the page before. Lines are not wrapped: what is too long is cut by the terminal.
  void show(std::string_view page);
  /// For a while: the terminal is as before, until enter().
  void leave();
  void enter();

 private:
  std::FILE* stream_;
  bool entered_ = false;
};

}  // namespace keelson::cli
