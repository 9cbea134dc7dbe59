#include "kube/exec_plugin.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "kube/json_text.h"
#include "sys/process.h"

namespace keelson::kube {

namespace {

constexpr std::size_t kMostOutput = 1U << 20;
/// A credential that ends while a request is on its way would be a 401: it ends for us a little earlier.
constexpr std::int64_t kEarlySeconds = 5;

std::int64_t seconds_of(Clock::WallMoment moment) {
  return std::chrono::duration_cast<std::chrono::seconds>(moment.time_since_epoch()).count();
}

std::string_view variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string_view entry : environment) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

Error no_such_program(const ExecPlugin& plugin) {
  const std::string hint = harmless_text(plugin.install_hint);
  return Error(ErrorKind::NotFound, fmt::format("cannot get credentials from '{}': no such program", plugin.command),
               hint.empty() ? "install the program that the kubeconfig's exec names, or put it into PATH" : hint);
}

std::string find_command(const ExecPlugin& plugin, const std::vector<std::string>& environment) {
  if (plugin.command.find('/') != std::string::npos) {
    if (::access(plugin.command.c_str(), X_OK) != 0) throw no_such_program(plugin);
    return plugin.command;
  }
  for (const auto folder : split(variable(environment, "PATH"), ':')) {
    // An empty or relative entry would run what happens to lie in the working directory.
    if (!folder.starts_with('/')) continue;
    const std::string candidate = fmt::format("{}/{}", folder, plugin.command);
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw no_such_program(plugin);
}

}  // namespace

ExecAnswer parse_exec_answer(std::string_view text, const std::string& api_version, const std::string& command) {
  const auto refuse = [&](std::string_view why) {
    return Error(ErrorKind::BadInput, fmt::format("cannot get credentials from '{}': {}", command, why));
  };
  const json answer = parse_json(text, fmt::format("what '{}' printed", command));
  if (text_at(answer, {"kind"}) != "ExecCredential") throw refuse("what it printed is no ExecCredential");
  if (text_at(answer, {"apiVersion"}) != api_version) {
    throw refuse(fmt::format("it answers in another version than {}", api_version));
  }
  ExecAnswer result{.credentials = {.certificate = text_at(answer, {"status", "clientCertificateData"}),
                                    .key = text_at(answer, {"status", "clientKeyData"}),
                                    .token = text_at(answer, {"status", "token"})},
                    .expires = {}};
  const Credentials& given = result.credentials;
  if (given.certificate.empty() != given.key.empty()) throw refuse("it gives one of certificate and key, not both");
  if (given.token.empty() && given.certificate.empty()) throw refuse("it gives neither a token nor a certificate");
  for (const char c : given.token) {
    if (c <= ' ' || c >= 0x7f) throw refuse("its token is not one word");
  }
  if (const std::string when = text_at(answer, {"status", "expirationTimestamp"}); !when.empty()) {
    result.expires = parse_timestamp(when);
    if (!result.expires) throw refuse("its expirationTimestamp is no time");
  }
  return result;
}

ExecCredentials::ExecCredentials(ExecCredentialsOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock), authority_({.authority = options_.authority}) {}

void ExecCredentials::run() {
  const ExecPlugin& plugin = options_.plugin;
  json info = {{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  if (plugin.provide_cluster_info) info["spec"]["cluster"] = options_.cluster;
  ProcessOptions process{.arguments = {find_command(plugin, options_.environment)}};
  process.arguments.insert(process.arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  // A name that comes twice would count as either, by the program's taste: the plugin's own come first.
  for (const auto& [name, value] : plugin.environment) process.environment.push_back(name + '=' + value);
  process.environment.push_back("KUBERNETES_EXEC_INFO=" + json_text(info));
  const std::size_t own = process.environment.size();
  for (const auto& entry : options_.environment) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    bool taken = false;
    for (std::size_t i = 0; i < own; ++i) taken = taken || process.environment[i].starts_with(std::string(name) + '=');
    if (!taken) process.environment.push_back(entry);
  }
  process.timeout = options_.timeout;
  process.output_limit = kMostOutput;
  const ProcessResult result = run_process(process);
  if (result.timed_out) {
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot get credentials from '{}': it took longer than {} s", plugin.command,
                            options_.timeout.count() / 1000),
                "it may want to ask something: log in with it by hand first");
  }
  if (result.exit_code != 0) {
    const std::string said = harmless_text(last_lines(result.error_output, 10));
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot get credentials from '{}': it ended with exit code {}{}{}", plugin.command,
                            result.exit_code, said.empty() ? "" : "\n", said),
                harmless_text(plugin.install_hint));
  }
  if (result.output.size() >= kMostOutput) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot get credentials from '{}': it printed more than 1 MiB", plugin.command));
  }
  ExecAnswer answer = parse_exec_answer(result.output, plugin.api_version, plugin.command);
  kept_ = std::move(answer.credentials);
  expires_ = answer.expires;
}

Credentials ExecCredentials::with_authority(Credentials credentials) {
  if (options_.authority.is_given()) credentials.authority = authority_.current().authority;
  return credentials;
}

Credentials ExecCredentials::current() {
  const std::lock_guard lock(mutex_);
  const bool expired = expires_ && seconds_of(clock_.wall()) >= *expires_ - kEarlySeconds;
  if (!kept_ || expired) run();
  return with_authority(*kept_);
}

std::optional<Credentials> ExecCredentials::renewed(const Credentials& used) {
  const std::lock_guard lock(mutex_);
  // Another thread may have run it since.
  if (!kept_ || with_authority(*kept_) == used) run();
  Credentials now = with_authority(*kept_);
  if (now == used) return std::nullopt;
  return now;
}

}  // namespace keelson::kube
