// keelson-node: the program on a node. Wiring only.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/error.h"
#include "node/command_line.h"

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

keelson::node::NodeEnvironment environment() {
  keelson::node::NodeEnvironment found{.node_name = variable("NODE_NAME"),
                                       .service_host = variable("KUBERNETES_SERVICE_HOST"),
                                       .service_port = variable("KUBERNETES_SERVICE_PORT")};
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) found.all.emplace_back(*entry);
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return keelson::node::run_command_line({argv + 1, argv + argc}, environment());
  } catch (const keelson::Error& error) {
    std::fputs(keelson::render(error).c_str(), stderr);
    return keelson::exit_code(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return keelson::exit_code(keelson::ErrorKind::Internal);
  }
}
