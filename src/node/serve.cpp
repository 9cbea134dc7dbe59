#include "node/serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "fleet/resources/kinds.h"
#include "kube/connection.h"
#include "kube/reflector.h"
#include "node/agent.h"
#include "node/audit.h"
#include "node/spawned_runner.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::node {

namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

// The server is asked to end each watch after this and up to twice it: of 5,000 nodes a request every four seconds.
constexpr auto kShortestWatch = 4h;
constexpr auto kFirstPause = 2s;
constexpr auto kLongestPause = 5min;

/// Ends a wait when the record has changed.
class Wake final : public kube::ChangeListener {
 public:
  explicit Wake(kube::Clock& clock) : clock_(clock) {}
  void changed(const kube::Change&) override { call(); }
  void synced() override { call(); }
  /// @return at once when something has changed since the last wait.
  void wait(Milliseconds longest, const std::stop_token& stop) {
    const std::stop_callback wakes(stop, [this] { call(); });
    std::unique_lock lock(mutex_);
    const auto until = clock_.now() + longest;
    while (!called_ && !stop.stop_requested() && clock_.now() < until) clock_.wait(lock, changed_, until);
    called_ = false;
  }

 private:
  void call() {
    const std::lock_guard lock(mutex_);
    called_ = true;
    changed_.notify_all();
  }

  kube::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool called_ = false;
};

/// Says a complaint again only when it is another one, or an hour has passed.
class Complaints {
 public:
  explicit Complaints(const std::function<void(std::string)>& tell) : tell_(tell) {}
  void take(const Error& error) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (error.message() == last_ && now - told_ < 1h) return;
    last_ = error.message();
    told_ = now;
    tell_(error.hint().empty() ? error.message() : fmt::format("{} ({})", error.message(), error.hint()));
  }

 private:
  const std::function<void(std::string)>& tell_;
  std::mutex mutex_;
  std::string last_;
  std::chrono::steady_clock::time_point told_;
};

kube::Connection connect(const NodePlace& place, const NodeConfig& config, const Environment& environment,
                         kube::Clock& clock) {
  const std::string& file = place.kubeconfig.empty() ? config.kubeconfig : place.kubeconfig;
  if (!file.empty())
    return kube::connect_by(kube::choose_context(kube::read_kubeconfigs({file})), environment.all(), clock);
  return kube::connect_in_cluster(
      {.host = environment.value("KUBERNETES_SERVICE_HOST"), .port = environment.value("KUBERNETES_SERVICE_PORT")});
}

std::string name_of_node(const NodePlace& place, const NodeConfig& config, const Environment& environment) {
  for (const auto& name : {place.node_name, config.node_name, environment.value("NODE_NAME")}) {
    if (!name.empty()) return name;
  }
  return host_name();
}

std::vector<std::string> runner_arguments(const NodePlace& place) {
  return {"carry-out",           "--root",  place.root.native(), "--config",
          place.config.native(), "--state", place.state.native()};
}

void ask_for_reboot(const std::vector<std::string>& command) {
  require_process({.arguments = command, .timeout = 60s, .output_limit = 64U << 10, .merge_output = true}, "run",
                  command.front());
}

void run_agent(Agent& agent, Wake& wake, Complaints& complaints, const std::stop_token& stop) {
  std::mt19937 random{std::random_device{}()};
  Milliseconds pause = kFirstPause;
  while (!stop.stop_requested()) {
    try {
      const Milliseconds longest = agent.step(stop);
      pause = kFirstPause;
      if (longest > 0ms) wake.wait(longest, stop);
    } catch (const Error& error) {
      if (stop.stop_requested()) return;
      complaints.take(error);
      // Not all nodes at once, after the server was away.
      wake.wait(pause / 2 + Milliseconds(random() % static_cast<unsigned>(pause.count())), stop);
      pause = std::min<Milliseconds>(pause * 2, kLongestPause);
    }
  }
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) throw system_error("read", "the host's name", errno);
  std::string lower(name.data());
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return lower;
}

Drift audit_node(const NodePlace& place, const NodeConfig& config) {
  const LiveRoot root(place.root);  // its notes are of this look only
  std::string manifest_hash;
  if (const auto known = OperationFile(place.state).read();
      known && known->phase == Phase::Installed && known->boot_id != read_booted(root).report.boot_id)
    manifest_hash = kube::text_at(known->request, {"release", "manifestHash"});
  return audit(root, read_reference(root, config.audit, manifest_hash), config.audit.ignore);
}

NodeConfig read_config(const NodePlace& place, bool must_exist) {
  if (!must_exist && !std::filesystem::exists(place.config)) return {};
  return parse_config(read_file(place.config, mebibytes(1)), place.config.native());
}

void serve(const NodePlace& place, const NodeConfig& config, const Environment& environment,
           const std::function<void(std::string)>& tell) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // in every thread that is made from here on

  const std::string node = name_of_node(place, config, environment);
  const OperationFile file(place.state);
  const LiveRoot root(place.root);
  kube::SystemClock clock;
  const auto connection = connect(place, config, environment, clock);
  kube::CurlTransport transport(connection.options, connection.credentials);
  kube::Api api(transport, clock);
  Wake wake(clock);
  kube::ObjectCache cache(&wake);
  Complaints complaints(tell);
  kube::ReflectorOptions watch;
  watch.list.field_selector = "metadata.name=" + node;
  watch.shortest_watch = kShortestWatch;
  watch.complain = [&](const Error& error) { complaints.take(error); };
  kube::Reflector reflector(api, fleet::node_records(), cache, watch);
  SpawnedRunner runner(runner_arguments(place));
  Agent agent({.api = &api,
               .cache = &cache,
               .node = node,
               .config = &config,
               .file = &file,
               .runner = &runner,
               .look = [&] { return read_booted(root); },
               .audit = [&] { return audit_node(place, config); },
               .reboot = [&] { ask_for_reboot(config.reboot); },
               .tell = tell});
  tell(fmt::format("keeps NodeRecord '{}'", node));
  const std::jthread watching([&](const std::stop_token& stop) { reflector.run(stop); });
  std::jthread acting([&](const std::stop_token& stop) { run_agent(agent, wake, complaints, stop); });
  int received = 0;
  ::sigwait(&signals, &received);
  tell("was told to stop");
}

}  // namespace keelson::node
