// keelson-node: the program on a node. Wiring only.
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "node/command_line.h"
#include "sys/environment.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return keelson::node::run_command_line({argv + 1, argv + argc}, keelson::Environment::of_this_process());
  } catch (const keelson::Error& error) {
    std::fputs(keelson::render(error).c_str(), stderr);
    return keelson::exit_code(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return keelson::exit_code(keelson::ErrorKind::Internal);
  }
}
