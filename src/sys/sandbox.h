/// The sandbox in which maintainer scripts run: user, mount, pid, ipc, uts and network namespaces of its own, the
/// image as its root, a minimal /dev, no network, nothing of the host, and a system-call filter.
///
/// Promise: what runs inside can change the image and nothing else; when run_in_sandbox() returns, or Keelson dies,
/// every process of it is dead and every mount of it gone.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sys/root_dir.h"

namespace keelson {

struct SandboxOptions {
  std::filesystem::path root;            ///< becomes "/"
  std::vector<std::string> arguments;    ///< program (a path inside the root) and its arguments
  std::vector<std::string> environment;  ///< all of it: nothing is inherited
  std::string standard_input;
  /// If set, the root as our own code opens it: where its files are lazy, each comes into being when a program opens
  /// it.
  const RootDir* lazy_root = nullptr;
  std::vector<std::pair<std::filesystem::path, std::string>> read_only_binds;  ///< host path → existing path inside
  bool host_network = false;  ///< the host's network, its abstract sockets included; else there is none
  std::optional<std::chrono::seconds> timeout;
  std::size_t output_limit = 16u << 20;
};

struct SandboxResult {
  int exit_code = 0;  ///< 128 + signal when killed
  bool timed_out = false;
  std::string output;  ///< standard output and error, in the order written
  double cpu_seconds = 0;
};

/// Needs the rights that enter_private_namespaces() gives. @throws Error when the sandbox cannot be set up;
/// what the program itself answers is a value.
SandboxResult run_in_sandbox(const SandboxOptions& options);

}  // namespace keelson
