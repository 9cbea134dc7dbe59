/// The controller's command line.
#pragma once

#include <chrono>
#include <string>

namespace keelson::apps {

struct ControllerOptions {
  std::string kubeconfig;
  std::string context;
  std::string space = "keelson-system";
  std::string lease = "keelson-controller";
  std::string identity;  ///< "": the pod's or machine's name and a random part
  std::string listen = ":8080";
  std::string log_format = "json";
  std::string log_level = "info";
  double requests_per_second = 20;
  double burst = 40;
  std::chrono::milliseconds lease_duration{15'000};
  std::chrono::milliseconds settle{200};
  std::chrono::milliseconds shortest_watch{300'000};
  std::chrono::seconds pools_every{30};
  std::chrono::seconds gates_every{30};
  bool print_rights = false;
};

/// @return the exit code when there is nothing more to do (--help, --version, a mistake); nothing otherwise.
int parse_controller_options(int argc, const char* const* argv, ControllerOptions& options, bool& done);

}  // namespace keelson::apps
