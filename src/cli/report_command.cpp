#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/feed_options.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "inspect/diff/diff.h"
#include "inspect/fact_at.h"
#include "inspect/fact_document.h"
#include "inspect/report/report.h"
#include "inventory/from_outside.h"
#include "policy/judge.h"
#include "policy/policy.h"
#include "sys/file.h"
#include "vulnerability/report.h"

namespace keelson::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Arguments {
  std::string target;
  std::string output;
  std::vector<std::string> policies;
  std::string facts;
  std::string previous;
  FeedArguments feeds;
  bool digests = false;
};

constexpr std::string_view kFacts = "facts that 'keelson boot --facts' printed";
constexpr ByteCount kLargestFacts = mebibytes(64);

void check_arguments(const Arguments& arguments) {
  require_file(arguments.target, kAnImage);
  for (const auto& file : arguments.policies) require_file(file, kAPolicy);
  if (!arguments.facts.empty()) require_file(arguments.facts, kFacts);
  if (!arguments.previous.empty()) require_file(arguments.previous, kAnImage);
  require_feed_files(arguments.feeds);
  if (arguments.output.empty()) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot report of '{}': no folder to write to is named", arguments.target),
                "keelson report IMAGE -o report/");
  }
  std::error_code ignored;
  if (fs::exists(arguments.output, ignored) && !fs::is_directory(arguments.output, ignored)) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot write to '{}': something that is no folder has that name", arguments.output));
  }
}

std::string json_text(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// The page last: whoever sees it finds beside it what it was made from.
void write_report(const fs::path& folder, const inspect::Report& report) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot make the folder '{}': {}", folder.native(), error.message()));
  const std::string page = inspect::report_html(report);
  write_file_atomically(folder / "facts.json", json_text(report.system.facts));
  write_file_atomically(folder / "index.html", page);
}

// A report that shows one image's boot beside another's files would mislead.
void require_same_system(const json& image, const json& booted, const std::string& file) {
  for (const char* place : {"/image/id", "/image/version", "/os/id", "/os/versionId"}) {
    const std::string here = inspect::fact_text(image, place), there = inspect::fact_text(booted, place);
    if (here == there) continue;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use '{}': its facts are of another image: {} is '{}', and here '{}'", file,
                            std::string_view(place).substr(1), there, here),
                "keelson boot IMAGE --facts > facts.json");
  }
}

json read_boot_facts(const Arguments& arguments, const json& image) {
  if (arguments.facts.empty()) return {};
  auto facts = inspect::parse_fact_document(read_file(arguments.facts, kLargestFacts), arguments.facts);
  require_same_system(image, facts, arguments.facts);
  return facts;
}

// What a running machine told counts, and what only its files tell.
std::vector<policy::Report> judge(const std::vector<policy::Policy>& policies, const inspect::Report& report,
                                  std::int64_t now) {
  json facts = report.system.facts;
  policy::JudgeOptions options{.now = now, .cannot_be_told = inventory::only_running_machine_tells};
  if (report.boot_facts.is_object()) {
    facts.merge_patch(report.boot_facts);
    options.cannot_be_told = nullptr;
  }
  std::vector<policy::Report> verdicts;
  for (const auto& policy : policies) verdicts.push_back(policy::judge(policy, facts, options));
  return verdicts;
}

json find_vulnerabilities(const Arguments& arguments, const Context& context) {
  if (arguments.feeds.feeds.empty()) return {};
  const auto matched = match_system(arguments.target, arguments.feeds, context);
  return vulnerability::findings_json(matched.findings, matched.wanted, matched.feeds);
}

int run(const Arguments& arguments, const Context& context) {
  check_arguments(arguments);
  const std::int64_t now = moment(arguments.feeds.now, "--now").value_or(source_date_epoch().value_or(current_time()));
  std::vector<policy::Policy> policies;
  for (const auto& file : arguments.policies) policies.push_back(policy::read_policy(file));
  inspect::Report report{.system = inspect::read_reported_system(
                             {.target = arguments.target,
                              .digests = arguments.digests ? inspect::Digests::Yes : inspect::Digests::No,
                              .now = now})};
  report.boot_facts = read_boot_facts(arguments, report.system.facts);
  report.verdicts = judge(policies, report, now);
  report.vulnerabilities = find_vulnerabilities(arguments, context);
  if (!arguments.previous.empty())
    report.differences = inspect::diff({.before = arguments.previous, .after = arguments.target, .now = now});
  write_report(arguments.output, report);
  const std::string page = (fs::path(arguments.output) / "index.html").native();
  if (context.json) {
    print_json({{"page", page}, {"facts", (fs::path(arguments.output) / "facts.json").native()}});
  } else if (!context.quiet) {
    print_text(page + "\n");
  }
  return 0;
}

}  // namespace

Command report_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{
      .name = "report",
      .summary = "write what is in an image as one page for people",
      .description =
          "Reads the image as 'keelson inspect' does and writes a folder with index.html and facts.json: the image at "
          "a glance, what takes its space, its packages; how policies judge it, which vulnerabilities are known, how "
          "it "
          "booted, and what differs from a previous image, as far as these are named. The page needs no network and no "
          "script, and can be read by keyboard and screen reader, in light and dark. The exit code does not depend on "
          "the verdicts: 'keelson check' is the gate.",
      .example = "keelson report out/container-host.vhdx -o report/ --policy policies/container-host.yaml",
      .arguments = {{"IMAGE", "the disk image, a root directory, or /", &arguments->target}},
      .options = {{"-o,--output", "DIR", "the folder to write to; it is made when it is not there", &arguments->output},
                  {"--policy", "POLICY", "a policy to judge by; may be given several times", &arguments->policies},
                  {"--facts", "FILE",
                   "what 'keelson boot --facts' printed of this image: its boot, and policies judge by it too",
                   &arguments->facts},
                  {"--previous", "IMAGE", "an image to compare with; a directory, facts or a package list too",
                   &arguments->previous},
                  {"--digests", "",
                   "the SHA-256 of the file and of every partition as well, which reads all of the image",
                   &arguments->digests}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  for (auto& option : feed_options(arguments->feeds)) command.options.push_back(std::move(option));
  return command;
}

}  // namespace keelson::cli
