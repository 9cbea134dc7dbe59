#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/feed_options.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "inspect/cves.h"
#include "sys/file.h"
#include "vulnerability/report.h"
#include "vulnerability/vex.h"

namespace keelson::cli {

namespace {

namespace vulns = keelson::vulnerability;

struct Arguments {
  std::string system;
  FeedArguments feeds;
  std::string fail_on;
  std::string statements_out;
  std::string format = "openvex";
  std::string author = "keelson";
  bool fixable = false;
  bool all = false;
};

constexpr std::string_view kASystem = "a disk image, a folder with a system's files, or a list of packages";

std::optional<vulns::Urgency> limit_of(const std::string& word) {
  if (word.empty()) return std::nullopt;
  return word == "any" ? vulns::Urgency::Unassigned : vulns::urgency_of_word(word);
}

// The time that the document has: of the build that it belongs to, else of the newest feed, which it follows from.
std::int64_t statement_time(const std::vector<vulns::Feed>& feeds) {
  if (const auto epoch = source_date_epoch()) return *epoch;
  std::int64_t newest = 0;
  for (const auto& feed : feeds) newest = std::max(newest, feed.date);
  return newest;
}

void write_statements(const Arguments& arguments, const vulns::Wanted& wanted, const std::vector<vulns::Feed>& feeds,
                      const std::vector<vulns::Finding>& findings) {
  if (arguments.statements_out.empty()) return;
  const std::filesystem::path out = arguments.statements_out;
  if (std::filesystem::exists(out) && !std::filesystem::is_regular_file(out)) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot write '{}': something that is no file has that name", out.native()));
  }
  const vulns::VexDocument document{.author = arguments.author, .time = statement_time(feeds)};
  const auto write = arguments.format == "cyclonedx" ? vulns::write_cyclonedx_vex : vulns::write_openvex;
  write_file_atomically(out, write(findings, wanted, document));
}

int run(const Arguments& arguments, const Context& context) {
  if (arguments.feeds.feeds.empty()) {
    throw Error(ErrorKind::Usage, "cannot look for vulnerabilities: no feed is named",
                "download one and name it by --feed; docs/guide/vulnerabilities.md says how");
  }
  require_file(arguments.system, kASystem);
  require_feed_files(arguments.feeds);
  const auto [system, wanted, feeds, findings] = match_system(arguments.system, arguments.feeds, context);
  write_statements(arguments, wanted, feeds, findings);
  const std::size_t over =
      vulns::count_over(findings, {.urgency = limit_of(arguments.fail_on), .only_fixable = arguments.fixable});
  if (context.json) {
    auto result = vulns::findings_json(findings, wanted, feeds);
    result["system"] = {{"path", arguments.system}, {"kind", system.kind}, {"packages", system.packages.size()}};
    if (!arguments.fail_on.empty())
      result["limit"] = {{"failOn", arguments.fail_on}, {"onlyFixable", arguments.fixable}, {"over", over}};
    print_json(result);
  } else {
    print_text(vulns::render_findings(
        findings, wanted, {.colour = context.colour, .all = arguments.all, .only_fixable = arguments.fixable}));
    if (over > 0) print_text(fmt::format("over the limit: {}\n", over));
  }
  return over > 0 ? 1 : 0;
}

}  // namespace

Command cves_command() {
  const auto arguments = std::make_shared<Arguments>();
  Command command{
      .name = "cves",
      .summary = "match packages with feeds of known vulnerabilities",
      .description =
          "Reads the packages of a disk image, of a folder with a system's files (/ is one), or of a recorded list, "
          "and "
          "says which known vulnerabilities their versions have, by feeds that you downloaded: nothing is fetched. A "
          "feed "
          "older than a week is refused, for silently stale data is how scanners miss things. Debian's releases only.",
      .example =
          "keelson cves node.vhdx --feed tracker.json --fail-on high --fixable\n"
          "keelson cves packages.txt --release trixie --feed tracker.json --json",
      .arguments = {{"SYSTEM", "the image, folder or list of packages", &arguments->system}},
      .options =
          {{"--vex-out", "FILE", "write statements of what does not affect the packages, and why",
            &arguments->statements_out},
           {"--format",
            "FORMAT",
            "of --vex-out: openvex or cyclonedx [openvex]",
            &arguments->format,
            {"openvex", "cyclonedx"}},
           {"--vex-author", "NAME", "who makes the statements of --vex-out [keelson]", &arguments->author},
           {"--fail-on",
            "URGENCY",
            "exit with 1 for a vulnerability of this urgency or a higher one; any: also those that nobody has judged",
            &arguments->fail_on,
            {"any", "low", "medium", "high", "critical"}},
           {"--fixable", "", "list, and fail on, only what an update of this release fixes", &arguments->fixable},
           {"--all", "", "list those of no importance as well", &arguments->all}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
  auto options = feed_options(arguments->feeds);
  std::move(command.options.begin(), command.options.end(), std::back_inserter(options));
  command.options = std::move(options);
  return command;
}

}  // namespace keelson::cli
