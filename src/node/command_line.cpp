#include "node/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "kube/json_text.h"
#include "node/booted.h"
#include "node/carry_out.h"

namespace keelson::node {

namespace {

constexpr std::string_view kHelp =
    R"(keelson-node: tells a cluster what this node booted, and gives it the image that it is asked for

  keelson-node run     keep the NodeRecord of this node, until stopped
  keelson-node show    print what would be reported, and how each part is known
  keelson-node audit   print what of this node is not its release's; ends with 1 when there is something
  keelson-node version

  --config FILE      what it may do [/etc/keelson/node.yaml]
  --kubeconfig FILE  how to reach the API server [the configuration's, or the pod's service account]
  --node-name NAME   whose record it is [the configuration's, $NODE_NAME, the host's name]
  --root DIR         where the node's root is, with its /proc and /sys [/]
  --state DIR        where it remembers operations [ROOT/var/lib/keelson]
  --json             of audit: as JSON
)";

struct Arguments {
  std::string verb;
  NodePlace place;
  bool has_config = false;
  bool json = false;
  std::string operation;  // of carry-out
};

Arguments parse(const std::vector<std::string>& words) {
  Arguments arguments;
  std::map<std::string, std::string> given;
  const std::vector<std::string> known{"--config", "--kubeconfig", "--node-name", "--root", "--state"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--help" || word == "-h") {
      arguments.verb = "help";
      return arguments;
    }
    if (word == "--json") {
      arguments.json = true;
      continue;
    }
    if (!word.starts_with("--")) {
      std::string& free = arguments.verb.empty() ? arguments.verb : arguments.operation;
      if (!free.empty()) throw Error(ErrorKind::Usage, fmt::format("cannot use '{}': there is one too many", word));
      free = word;
      continue;
    }
    if (std::find(known.begin(), known.end(), word) == known.end())
      throw Error(ErrorKind::Usage, fmt::format("cannot use '{}': there is no such option", word),
                  did_you_mean(word, known));
    if (i + 1 == words.size()) throw Error(ErrorKind::Usage, fmt::format("cannot use {}: its value is missing", word));
    given[word] = words[++i];
  }
  auto& place = arguments.place;
  if (given.contains("--root")) place.root = given["--root"];
  arguments.has_config = given.contains("--config");
  place.config = arguments.has_config ? std::filesystem::path(given["--config"]) : place.root / "etc/keelson/node.yaml";
  place.state = given.contains("--state") ? std::filesystem::path(given["--state"]) : place.root / "var/lib/keelson";
  place.node_name = given["--node-name"];
  place.kubeconfig = given["--kubeconfig"];
  return arguments;
}

void tell(const std::string& line) { fmt::print(stderr, "{}\n", line); }

int show(const Arguments& arguments) {
  const auto booted = read_booted(LiveRoot(arguments.place.root));
  fmt::print("{:<13} {}\n", "bootID", booted.report.boot_id);
  for (const auto& part : booted.parts)
    fmt::print("{:<13} {} [{}: {}]\n", part.what, part.value.empty() ? "not known" : part.value,
               source_name(part.source), part.how);
  return 0;
}

int audit(const Arguments& arguments) {
  const auto drift = audit_node(arguments.place, read_config(arguments.place, arguments.has_config));
  if (arguments.json) {
    fmt::print("{}\n", kube::json_text(drift_document(drift)));
  } else {
    for (const auto& line : drift.compared) fmt::print("{}\n", line);
    for (const auto& note : drift.notes) fmt::print("note: {}\n", note);
    for (const auto& finding : drift.findings) fmt::print("{}\n", line_of(finding));
    fmt::print("{} findings\n", drift.findings.size());
  }
  return drift.findings.empty() ? 0 : 1;
}

int carry_out_by_name(const Arguments& arguments) {
  const auto config = read_config(arguments.place, arguments.has_config);
  if (!config.update) throw Error(ErrorKind::Usage, "cannot carry out: the configuration names no update program");
  const auto booted = read_booted(LiveRoot(arguments.place.root));
  carry_out(OperationFile(arguments.place.state), *config.update, arguments.operation, booted.report.boot_id);
  return 0;
}

}  // namespace

int run_command_line(const std::vector<std::string>& words, const Environment& environment) {
  const auto arguments = parse(words);
  const auto& verb = arguments.verb;
  if (verb == "carry-out" && !arguments.operation.empty()) return carry_out_by_name(arguments);
  if (!arguments.operation.empty())
    throw Error(ErrorKind::Usage, fmt::format("cannot use '{}': there is one too many", arguments.operation));
  if (verb == "help" || verb.empty()) {
    fmt::print("{}", kHelp);
    return verb.empty() ? exit_code(ErrorKind::Usage) : 0;
  }
  if (verb == "version") {
    fmt::print("keelson-node {}\n", KEELSON_VERSION);
    return 0;
  }
  if (verb == "show") return show(arguments);
  if (verb == "audit") return audit(arguments);
  if (verb == "run") {
    serve(arguments.place, read_config(arguments.place, arguments.has_config), environment, tell);
    return 0;
  }
  throw Error(ErrorKind::Usage, fmt::format("cannot {}: keelson-node can run, show, audit and tell its version", verb));
}

}  // namespace keelson::node
