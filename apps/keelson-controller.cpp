// The controller's wiring: options, connection, log, pages, leadership.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

#include "controller_options.h"
#include "crypto/certificate_bundle.h"
#include "fleet/controller/rights.h"
#include "fleet/controller/teller.h"
#include "fleet/operations/identity_watch.h"
#include "fleet/operations/measured_transport.h"
#include "fleet/operations/pages.h"
#include "kube/access_review.h"
#include "kube/find_connection.h"
#include "kube/rate_limit.h"

namespace {

using namespace keelson;
using apps::ControllerOptions;

// Between two looks of the deciding thread; each request of a look has a deadline of half a minute. Then the kubelet
// should restart us.
constexpr std::chrono::minutes kLongestLook{10};

std::string random_name(const Environment& environment) {
  std::string name = environment.value("POD_NAME");
  if (name.empty()) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) name = host.data();
  }
  std::random_device device;
  return fmt::format("{}_{:08x}{:08x}", name.empty() ? "controller" : name, device(), device());
}

/// What is missing is told now. Without Events it works; without anything else it would stand still half-way.
void require_rights(kube::Api& api, const ControllerOptions& options, fleet::Log& log, const std::stop_token& stop) {
  const auto missing = kube::missing_rights(api, fleet::controller_rights(options.space, options.lease), stop);
  std::vector<std::string> fatal;
  for (const auto& right : missing) {
    if (right.find("events") == std::string::npos) fatal.push_back(right);
  }
  if (!missing.empty() && fatal.empty())
    log.warn("may not write events", {{"rights", fmt::format("{}", fmt::join(missing, ", "))}});
  if (fatal.empty()) return;
  throw Error(ErrorKind::Refused, fmt::format("cannot drive rollouts: the account may not {}", fmt::join(fatal, ", ")),
              "grant it what deploy/ grants: kubectl apply -k deploy/");
}

/// While the server does not accept who we are, nothing can be asked. A new certificate or token is waited for: each
/// request reads its file again, and so long /readyz says what is wrong, which a program that ends can't.
void require_rights_once_accepted(kube::Api& api, const ControllerOptions& options, fleet::Log& log,
                                  fleet::Heartbeat& heart, const std::stop_token& stop) {
  constexpr std::chrono::seconds kAgain{2};
  for (;;) {
    try {
      return require_rights(api, options, log, stop);
    } catch (const kube::ApiError& error) {
      constexpr int kUnauthorized = 401;
      if (error.status().code != kUnauthorized) throw;
      log.failure(fleet::LogLevel::Error, error);
    }
    heart.beat();
    if (!kube::sleep_for(api.clock(), kAgain, stop)) return;
  }
}

/// What may be wrong with who we say we are.
std::string explain_refusal(kube::CredentialSource& source, const kube::Clock& clock) {
  try {
    const kube::Credentials credentials = source.current();
    if (!credentials.token.empty()) return "the token may have ended or been revoked; its file is read again";
    const auto bundle = read_certificate_bundle(credentials.certificate, 1);
    if (bundle.certificates.empty()) return "there is neither a token nor a client certificate";
    const std::int64_t end = bundle.certificates.front().not_after;
    const bool over = std::chrono::system_clock::from_time_t(end) <= clock.wall();
    return fmt::format("the client certificate {} {:%Y-%m-%dT%H:%M:%SZ}; its file is read again",
                       over ? "ended at" : "is another cluster's, or was replaced: it is valid until",
                       std::chrono::sys_seconds(std::chrono::seconds(end)));
  } catch (const Error& error) {
    return error.message();
  }
}

/// SIGTERM and SIGINT end it in good order: the lease is given back.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void listen(std::stop_source& stop) {
    std::thread([set = set_, &stop] {
      int signal = 0;
      sigwait(&set, &signal);
      stop.request_stop();
    }).detach();
  }

 private:
  sigset_t set_{};
};

fleet::ControllerSetting setting_by(const ControllerOptions& options, const Environment& environment,
                                    kube::Transport& transport) {
  fleet::ControllerSetting setting{.space = options.space,
                                   .lease = options.lease,
                                   .identity = options.identity,
                                   .lease_duration = options.lease_duration,
                                   .settle = options.settle,
                                   .pools_every = options.pools_every};
  setting.view.shortest_watch = options.shortest_watch;
  setting.gates.every = options.gates_every;
  setting.gates.environment = environment.all();
  setting.gates.fetch_from = [&transport](const fleet::PrometheusServer& server) -> fleet::Fetch {
    if (server.url.empty()) return [&transport](const kube::Request& request) { return transport.send(request); };
    // Elsewhere than at the API server: without its credentials.
    auto elsewhere =
        std::make_shared<kube::CurlTransport>(kube::CurlTransportOptions{.server = server.url},
                                              std::make_shared<kube::FileCredentials>(kube::FileCredentialsOptions{}));
    return [elsewhere](const kube::Request& request) { return elsewhere->send(request); };
  };
  return setting;
}

int run(const ControllerOptions& options, const Environment& environment, Signals& signals) {
  kube::SystemClock clock;
  fleet::Log log(clock, {.format = options.log_format == "text" ? fleet::LogFormat::Text : fleet::LogFormat::Json,
                         .least = *fleet::parse_log_level(options.log_level)});
  fleet::ControllerMetrics metrics;
  metrics.build_info.set(1, std::string(KEELSON_VERSION));
  auto connection =
      kube::find_connection({.kubeconfig = options.kubeconfig, .context = options.context}, environment, clock)
          .connection;
  connection.options.user_agent = "keelson-controller/" KEELSON_VERSION;
  kube::CurlTransport curl(connection.options, connection.credentials);
  fleet::IdentityWatch identity(curl, clock,
                                {.explain = [&] { return explain_refusal(*connection.credentials, clock); },
                                 .tell =
                                     [&log](const std::string& why_not) {
                                       if (why_not.empty()) return log.info("the API server accepts who we say we are");
                                       log.error(why_not);
                                     }});
  fleet::MeasuredTransport transport(identity, metrics, clock);
  kube::RateLimit limit(clock, options.requests_per_second, options.burst);
  std::mt19937_64 engine(std::random_device{}());
  const auto random = [&engine] { return std::uniform_real_distribution<double>(0, 1)(engine); };
  std::mt19937_64 watch_engine(engine());
  const auto watch_random = [&watch_engine] { return std::uniform_real_distribution<double>(0, 1)(watch_engine); };
  kube::Api api(transport, clock, {.limit = &limit, .random = random});
  kube::Api watching(transport, clock, {.random = watch_random});
  kube::Discovery discovery(api);
  kube::EventWriter writer(
      api, discovery,
      {.controller = "keelson.dev/controller", .instance = options.identity, .complain = log.complaints("events")});
  fleet::EventThread events(writer);
  fleet::Teller teller(log, metrics, events);

  fleet::ControllerSetting setting = setting_by(options, environment, transport);
  std::stop_source stop;
  signals.listen(stop);
  fleet::Heartbeat heart(clock, kLongestLook);
  setting.came_round = [&heart] { heart.beat(); };
  fleet::Controller controller(api, watching, discovery, setting, teller);

  fleet::Health alive;
  alive.ask("deciding thread", [&heart] { return heart.why_not(); });
  fleet::Health ready;
  ready.ask("controller", [&controller] {
    return controller.is_ready() ? std::string() : std::string("the cluster has not been seen yet");
  });
  ready.ask("identity", [&identity] { return identity.why_not(); });
  ready.ask("rights", [&controller] { return controller.lost_rights(); });
  std::unique_ptr<fleet::HttpServer> server;
  if (!options.listen.empty()) {
    server = std::make_unique<fleet::HttpServer>(
        fleet::HttpServerOptions{.listen = options.listen, .complain = log.complaints("pages")},
        fleet::operations_pages(metrics, alive, ready));
    log.info("listening", {{"address", server->address()}});
  }
  require_rights_once_accepted(api, options, log, heart, stop.get_token());
  log.info("waiting to lead", {{"identity", options.identity}, {"lease", options.space + "/" + options.lease}});
  if (controller.run(stop.get_token())) return 0;
  log.error("the lease was lost: another replica leads, or the API server is away");
  return exit_code(ErrorKind::Unavailable);
}

}  // namespace

int main(int argc, char** argv) {
  ControllerOptions options;
  const Environment environment = Environment::of_this_process();
  if (auto space = environment.value("POD_NAMESPACE"); !space.empty()) options.space = std::move(space);
  bool done = false;
  const int code = apps::parse_controller_options(argc, argv, options, done);
  if (done) return code;
  if (options.print_rights) {
    for (const auto& right : fleet::controller_rights(options.space, options.lease))
      fmt::print("{}\n", fleet::right_text(right));
    return 0;
  }
  if (options.identity.empty()) options.identity = random_name(environment);
  Signals signals;  // before any thread begins
  try {
    return run(options, environment, signals);
  } catch (const Error& error) {
    fmt::print(stderr, "{}", render(error));
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return exit_code(ErrorKind::Internal);
  }
}
