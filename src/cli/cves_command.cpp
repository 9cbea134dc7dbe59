#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "inspect/cves.h"
#include "sys/file.h"
#include "vulnerability/feed.h"
#include "vulnerability/match.h"
#include "vulnerability/report.h"
#include "vulnerability/vex.h"

namespace keelson::cli {

namespace {

namespace vulns = keelson::vulnerability;

struct Arguments {
  std::string system;
  std::vector<std::string> feeds;
  std::string feed_date;
  std::string max_feed_age = "7d";
  std::string now;
  std::string release;
  std::string fail_on;
  std::vector<std::string> statements;
  std::vector<std::string> products;
  std::string statements_out;
  std::string format = "openvex";
  std::string author = "keelson";
  bool fixable = false;
  bool all = false;
};

constexpr std::string_view kASystem = "a disk image, a folder with a system's files, or a list of packages";
constexpr std::string_view kStatements = "statements about vulnerabilities, as OpenVEX or CycloneDX";
constexpr ByteCount kLargestStatements = mebibytes(64);
constexpr std::string_view kAFeed = "a feed, such as what Debian's security tracker serves as tracker/data/json";

// "7d", and whatever else is a length of time.
std::int64_t age_limit(const std::string& text) {
  std::string_view number = text;
  if (number.ends_with('d')) {
    number.remove_suffix(1);
    unsigned days = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), days);
    if (error == std::errc() && end == number.data() + number.size() && days <= 36'500)
      return days * std::int64_t{86'400};
  } else if (const auto length = parse_duration(text)) {
    return length->count();
  }
  throw Error(ErrorKind::Usage, fmt::format("cannot use --max-feed-age '{}': it takes a length of time", text),
              "such as 7d or 36h");
}

std::optional<std::int64_t> moment(const std::string& text, std::string_view option) {
  if (text.empty()) return std::nullopt;
  if (const auto seconds = parse_timestamp(text)) return seconds;
  throw Error(ErrorKind::Usage, fmt::format("cannot use {} '{}': it takes a date or a time", option, text),
              "such as 2026-11-26 or 2026-11-26T10:00:00Z");
}

std::optional<vulns::Urgency> limit_of(const std::string& word) {
  if (word.empty()) return std::nullopt;
  return word == "any" ? vulns::Urgency::Unassigned : vulns::urgency_of_word(word);
}

std::vector<vulns::Feed> read_feeds(const Arguments& arguments, const vulns::Wanted& wanted, const Context& context) {
  const std::int64_t limit = age_limit(arguments.max_feed_age);
  const std::int64_t now = moment(arguments.now, "--now").value_or(current_time());
  const vulns::FeedOptions options{.date = moment(arguments.feed_date, "--feed-date")};
  std::vector<vulns::Feed> feeds;
  for (const auto& file : arguments.feeds) {
    feeds.push_back(vulns::read_feed(file, wanted, options));
    vulns::require_fresh(feeds.back(), now, limit);
    context.reporter->detail(fmt::format("read feed '{}' ({}): {} records, {} of them about these packages", file,
                                         feeds.back().kind, feeds.back().content.records,
                                         feeds.back().content.claims.size()));
  }
  return feeds;
}

// Takes off what the user's statements say does not matter.
void apply_statements(const Arguments& arguments, const Context& context, const vulns::Wanted& wanted,
                      std::vector<vulns::Finding>& findings) {
  std::vector<vulns::VexStatement> statements;
  for (const auto& file : arguments.statements) {
    const auto more = vulns::read_vex(read_file(file, kLargestStatements), file);
    statements.insert(statements.end(), more.begin(), more.end());
  }
  if (statements.empty()) return;
  const auto use = vulns::apply_vex(findings, wanted, statements, arguments.products);
  context.reporter->detail(fmt::format("{} statements took off {} findings; {} are about other products",
                                       use.statements, use.suppressed, use.unused));
  if (use.unused == use.statements) {
    context.reporter->warn(
        "none of the statements is about these packages: a statement names a package by its PURL, or a product that "
        "--product names too");
  }
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
  if (arguments.feeds.empty()) {
    throw Error(ErrorKind::Usage, "cannot look for vulnerabilities: no feed is named",
                "download one and name it by --feed; docs/guide/vulnerabilities.md says how");
  }
  require_file(arguments.system, kASystem);
  for (const auto& feed : arguments.feeds) require_file(feed, kAFeed);
  for (const auto& file : arguments.statements) require_file(file, kStatements);
  const auto system = inspect::read_packaged_system(arguments.system, arguments.release);
  const vulns::Wanted wanted(system.release, system.packages);
  const auto feeds = read_feeds(arguments, wanted, context);
  auto findings = vulns::match(wanted, feeds);
  apply_statements(arguments, context, wanted, findings);
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
  return {
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
          {{"--feed", "FILE",
            "Debian's security tracker (JSON), OSV (JSON, a folder, a zip) or OVAL (XML), plain or compressed; may be "
            "given several times",
            &arguments->feeds},
           {"--vex", "FILE",
            "take off what these statements say does not affect the packages (OpenVEX or CycloneDX); may be given "
            "several times",
            &arguments->statements},
           {"--product", "NAME",
            "what the packages are in, as statements call it: an image's PURL, say; may be given several times",
            &arguments->products},
           {"--vex-out", "FILE", "write statements of what does not affect the packages, and why",
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
           {"--all", "", "list those of no importance as well", &arguments->all},
           {"--release", "NAME", "the release, such as trixie or 13 [the system's own]", &arguments->release},
           {"--max-feed-age", "AGE", "refuse feeds that are older [7d]", &arguments->max_feed_age},
           {"--feed-date", "TIME", "how old the feeds are [their own word, else the file's time]",
            &arguments->feed_date},
           {"--now", "TIME", "judge the feeds' age as of then [now]", &arguments->now}},
      .run = [arguments](const Context& context) { return run(*arguments, context); }};
}

}  // namespace keelson::cli
