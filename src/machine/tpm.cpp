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

ChildOptions options_for(const fs::path& folder, const fs::path& socket) {
  const auto program = find_program("swtpm");
  if (!program) {
    throw Error(ErrorKind::NotFound, "cannot give the machine a 'TPM': swtpm is not installed",
                "install the package swtpm");
  }
  return {.arguments = {program->native(), "socket", "--tpm2", "--tpmstate", fmt::format("dir={}", folder.native()),
                        "--ctrl", fmt::format("type=unixio,path={}", socket.native())},
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
