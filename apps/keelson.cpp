// keelson: the command line program. Wiring only.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "cli/command.h"
#include "cli/output.h"

namespace {

// XDG base directories: where this user's caches live.
std::filesystem::path cache_folder() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/')
    return std::filesystem::path(xdg) / "keelson";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home == nullptr || *home == '\0' ? "/tmp" : home) / ".cache/keelson";
}

bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const bool json = wants_json(argc, argv);
  return keelson::cli::guarded(json, [&] { return keelson::cli::run_command_line(argc, argv, cache_folder()); });
}
