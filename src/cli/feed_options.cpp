#include "cli/feed_options.h"

#include <fmt/format.h>

#include <charconv>

#include "base/duration.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "sys/file.h"
#include "vulnerability/match.h"
#include "vulnerability/vex.h"

namespace keelson::cli {

namespace {

namespace vulns = keelson::vulnerability;

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

std::vector<vulns::Feed> read_feeds(const FeedArguments& arguments, const vulns::Wanted& wanted,
                                    const Context& context) {
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
void apply_statements(const FeedArguments& arguments, const Context& context, const vulns::Wanted& wanted,
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

}  // namespace

std::optional<std::int64_t> moment(const std::string& text, std::string_view option) {
  if (text.empty()) return std::nullopt;
  if (const auto seconds = parse_timestamp(text)) return seconds;
  throw Error(ErrorKind::Usage, fmt::format("cannot use {} '{}': it takes a date or a time", option, text),
              "such as 2026-11-26 or 2026-11-26T10:00:00Z");
}

void require_feed_files(const FeedArguments& arguments) {
  for (const auto& feed : arguments.feeds) require_file(feed, kAFeed);
  for (const auto& file : arguments.statements) require_file(file, kStatements);
}

MatchedSystem match_system(const std::string& path, const FeedArguments& arguments, const Context& context) {
  auto system = inspect::read_packaged_system(path, arguments.release);
  vulns::Wanted wanted(system.release, system.packages);
  auto feeds = read_feeds(arguments, wanted, context);
  auto findings = vulns::match(wanted, feeds);
  apply_statements(arguments, context, wanted, findings);
  return {std::move(system), std::move(wanted), std::move(feeds), std::move(findings)};
}

std::vector<Option> feed_options(FeedArguments& arguments) {
  return {{"--feed", "FILE",
           "Debian's security tracker (JSON), OSV (JSON, a folder, a zip) or OVAL (XML), plain or compressed; may be "
           "given several times",
           &arguments.feeds},
          {"--vex", "FILE",
           "take off what these statements say does not affect the packages (OpenVEX or CycloneDX); may be given "
           "several times",
           &arguments.statements},
          {"--product", "NAME",
           "what the packages are in, as statements call it: an image's PURL, say; may be given several times",
           &arguments.products},
          {"--release", "NAME", "the release, such as trixie or 13 [the system's own]", &arguments.release},
          {"--max-feed-age", "AGE", "refuse feeds that are older [7d]", &arguments.max_feed_age},
          {"--feed-date", "TIME", "how old the feeds are [their own word, else the file's time]", &arguments.feed_date},
          {"--now", "TIME", "judge the feeds' age as of then [now]", &arguments.now}};
}

}  // namespace keelson::cli
