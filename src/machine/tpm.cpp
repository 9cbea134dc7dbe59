#include "machine/tpm.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "sys/process.h"

namespace keelson::machine {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{30};  // idle it takes milliseconds
constexpr std::chrono::milliseconds kPause{20};

/// Empty: what an earlier one has left in the folder is another TPM's.
fs::path make_state(const fs::path& folder, const fs::path& socket) {
  fs::remove(socket);
  const fs::path state = folder / "tpm";
  fs::remove_all(state);
  fs::create_directory(state);
  return state;
}

ChildOptions options_for(const fs::path& folder, const fs::path& socket) {
  const auto program = find_program("swtpm");
  if (!program) {
    throw Error(ErrorKind::NotFound, "cannot give the machine a 'TPM': swtpm is not installed",
                "install the package swtpm");
  }
  return {.arguments = {program->native(), "socket", "--tpm2", "--tpmstate",
                        fmt::format("dir={}", make_state(folder, socket).native()), "--ctrl",
                        fmt::format("type=unixio,path={}", socket.native())},
          .environment = {}};
}

}  // namespace

SoftwareTpm::SoftwareTpm(const fs::path& folder)
    : socket_(folder / "tpm.socket"), child_(options_for(folder, socket_)) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!fs::exists(socket_)) {
    if (child_.find_exit() || std::chrono::steady_clock::now() > end)
      throw Error(ErrorKind::Unavailable, "cannot give the machine a 'TPM': swtpm does not start");
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace keelson::machine
