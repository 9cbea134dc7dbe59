/// Feeds of vulnerabilities and statements about them, as `cves` and `report` take them: the options, and what they
/// name, read and matched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "inspect/cves.h"
#include "vulnerability/feed.h"
#include "vulnerability/finding.h"
#include "vulnerability/wanted.h"

namespace keelson::cli {

struct FeedArguments {
  std::vector<std::string> feeds;
  std::string feed_date;
  std::string max_feed_age = "7d";
  std::string now;
  std::string release;
  std::vector<std::string> statements;
  std::vector<std::string> products;
};

/// `arguments` must live as long as the options do.
std::vector<Option> feed_options(FeedArguments& arguments);

/// A date or a time that an option takes; nothing of "". @throws Error(Usage)
std::optional<std::int64_t> moment(const std::string& text, std::string_view option);

/// @throws Error(NotFound) for a file that is not there: before work begins.
void require_feed_files(const FeedArguments& arguments);

struct MatchedSystem {
  inspect::PackagedSystem system;
  vulnerability::Wanted wanted;
  std::vector<vulnerability::Feed> feeds;
  std::vector<vulnerability::Finding> findings;  ///< statements applied
};

/// @throws Error(Refused) for a feed that is too old; as for reading them.
MatchedSystem match_system(const std::string& system, const FeedArguments& arguments, const Context& context);

}  // namespace keelson::cli
