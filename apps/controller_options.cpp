#include "controller_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/duration.h"

namespace keelson::apps {

namespace {

constexpr int kUsage = 2;

/// "90s", "200ms", as everywhere in Keelson; milliseconds too, which tests need.
template <class Length>
CLI::Option* add_length(CLI::App& app, const std::string& name, Length& length, const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&length, name](const std::string& text) {
            if (text.ends_with("ms")) {
              const std::string digits = text.substr(0, text.size() - 2);
              const bool whole =
                  !digits.empty() && digits.size() < 8 && digits.find_first_not_of("0123456789") == std::string::npos;
              if (whole) {
                length = std::chrono::duration_cast<Length>(std::chrono::milliseconds(std::stol(digits)));
                return;
              }
            } else if (const auto seconds = parse_duration(text)) {
              length = std::chrono::duration_cast<Length>(*seconds);
              return;
            }
            throw CLI::ValidationError(name, fmt::format("'{}' is no length of time, such as 15s", text));
          },
          help)
      ->type_name("TIME");
}

}  // namespace

int parse_controller_options(int argc, const char* const* argv, ControllerOptions& options, bool& done) {
  CLI::App app(
      "Moves the nodes of a cluster to other images: drives NodeRollouts, counts NodePools. Runs in the cluster "
      "(kubectl apply -k deploy/), or beside it with a kubeconfig.",
      "keelson-controller");
  app.set_version_flag("--version", KEELSON_VERSION);
  app.add_option("--kubeconfig", options.kubeconfig,
                 "the API server [in a pod its own; else $KUBECONFIG, ~/.kube/config]")
      ->type_name("FILE");
  app.add_option("--context", options.context, "the context to use [the current one]")->type_name("NAME");
  app.add_option("--namespace", options.space, "of its Lease [$POD_NAMESPACE, keelson-system]")->type_name("NAME");
  app.add_option("--lease", options.lease, "name of the Lease that replicas share [keelson-controller]")
      ->type_name("NAME");
  app.add_option("--identity", options.identity, "of this replica [$POD_NAME or the machine's name, and a random part]")
      ->type_name("NAME");
  app.add_option("--listen", options.listen, "where /metrics, /healthz and /readyz are [:8080]; \"\" for nowhere")
      ->type_name("ADDRESS");
  app.add_option("--log-format", options.log_format, "json or text [json]")->check(CLI::IsMember({"json", "text"}));
  app.add_option("--log-level", options.log_level, "debug, info, warning or error [info]")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  app.add_option("--requests-per-second", options.requests_per_second, "to the API server, at most [20]")
      ->check(CLI::Range(0.1, 10'000.0));
  app.add_option("--burst", options.burst, "requests at once, at most [40]")->check(CLI::Range(1.0, 10'000.0));
  add_length(app, "--lease-duration", options.lease_duration,
             "a replica that is silent for so long leads no more [15s]");
  add_length(app, "--settle", options.settle, "changes within this time are looked at together [200ms]");
  add_length(app, "--watch-time", options.shortest_watch, "a watch is asked anew after this, up to twice it [5m]");
  add_length(app, "--pools-every", options.pools_every, "how often pools are counted, at most [30s]");
  add_length(app, "--gates-every", options.gates_every, "how often a gate is asked [30s]");
  app.add_flag("--print-rights", options.print_rights, "say what it needs to be allowed, and end");
  done = true;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    std::cerr << "error: " << error.what() << "\nhint: keelson-controller --help\n";
    return kUsage;
  }
  done = false;
  return 0;
}

}  // namespace keelson::apps
