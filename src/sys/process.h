/// Running other programs: no shell, a closed set of descriptors, output kept within bounds, and nothing left alive.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sys/unique_fd.h"

namespace keelson {

struct ProcessOptions {
  std::vector<std::string> arguments;                ///< arguments[0] is the program, looked up in PATH
  std::string standard_input;                        ///< what the child reads; then end of file
  std::vector<std::string> environment;              ///< "NAME=value"; empty: the caller's own
  std::filesystem::path working_directory;           ///< empty: the caller's own
  std::optional<std::chrono::milliseconds> timeout;  ///< then the whole process group is killed
  std::size_t output_limit = 64u << 20;              ///< bytes kept per stream; the rest is dropped
  bool merge_output = false;                         ///< standard error goes into `output`, in order
};

struct ProcessResult {
  int exit_code = 0;  ///< 128 + signal for a killed child, as shells say it
  bool timed_out = false;
  std::string output;
  std::string error_output;
  double cpu_seconds = 0;  ///< user + system of the child and the children it waited for
};

/// Runs to the end. A non-zero exit is a value. The child is a process group of its own and gets SIGKILL when the
/// calling thread's process dies. @throws Error(NotFound) if the program does not exist.
ProcessResult run_process(const ProcessOptions& options);

/// As run_process, but a non-zero exit is an Error(Unavailable) that shows the last lines of the output.
std::string require_process(const ProcessOptions& options, std::string_view verb, std::string_view object);

/// The full path of a program in PATH (plus /usr/sbin and /sbin, which users lack), or nothing.
std::optional<std::filesystem::path> find_program(std::string_view name);

/// The last `count` lines of `text`, each indented by two spaces: for showing what a child said last.
std::string last_lines(std::string_view text, std::size_t count);

}  // namespace keelson
