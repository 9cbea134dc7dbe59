// Finds what a goal's words mean, and says all at once which mean nothing.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/resolve/solver.h"

namespace keelson::deb {

namespace {

struct Missing {
  std::string word;
  std::string cause;
  std::string near;  ///< the name that was probably meant, or ""
  std::string hint;
};

std::string quoted(const std::string& word) { return fmt::format("'{}'", word); }

// Why a word means no package, or that it means several.
Missing missing(Candidates& candidates, const NameDirectory& directory, const std::string& word) {
  const GoalName wanted = parse_goal_name(word);
  if (const auto versions = candidates.versions(wanted.name); !versions.empty()) {
    std::vector<std::string> offered;
    for (const auto version : versions) offered.push_back(fmt::format("{} {}", wanted.name, version));
    return {word, fmt::format("only {} {} available", join_words(offered), offered.size() == 1 ? "is" : "are"), "", ""};
  }
  const auto& providers = candidates.providers(wanted.name);
  if (providers.size() > 1) {
    std::vector<std::string> names;
    for (const auto* provider : providers) {
      if (names.size() < 8) names.push_back(quoted(std::string(provider->name)));
    }
    return {word, "several packages provide it", "", fmt::format("name one of them: {}", join_words(names, "or"))};
  }
  const auto near = suggest(wanted.name, directory.package_names());
  return {word, "no such package", near, near.empty() ? "" : fmt::format("did you mean '{}'?", near)};
}

Error missing_error(const std::vector<Missing>& all, std::string_view where) {
  if (all.size() == 1) {
    return {ErrorKind::NotFound, fmt::format("cannot find package '{}' in {}: {}", all[0].word, where, all[0].cause),
            all[0].hint};
  }
  std::string message = fmt::format("cannot find {} packages in {}:", all.size(), where);
  std::vector<std::string> hints;
  for (const auto& one : all) {
    message += fmt::format("\n  '{}': {}", one.word, one.cause);
    if (one.hint.empty()) continue;
    hints.push_back(one.near.empty() ? fmt::format("instead of '{}', {}", one.word, one.hint)
                                     : fmt::format("did you mean '{}' instead of '{}'?", one.near, one.word));
  }
  return {ErrorKind::NotFound, message, fmt::format("{}", fmt::join(hints, "; "))};
}

}  // namespace

GoalName parse_goal_name(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return {std::string(word), ""};
  return {std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
}

std::vector<const PackageRecord*> require_requested(Candidates& candidates, const NameDirectory& directory,
                                                    const Goal& goal, std::string_view where) {
  std::vector<const PackageRecord*> requested;
  std::vector<Missing> absent;
  for (const auto& word : goal.install) {
    const auto name = std::string_view(word).substr(0, word.find('='));
    const PackageRecord* package = candidates.find(name);
    if (package == nullptr && name == word && candidates.providers(name).size() == 1) {
      package = candidates.providers(name).front();
    }
    if (package != nullptr && !package->synthetic && std::count(requested.begin(), requested.end(), package) != 0)
      continue;
    if (package == nullptr) {
      absent.push_back(missing(candidates, directory, word));
    } else {
      requested.push_back(package);
    }
  }
  if (!absent.empty()) throw missing_error(absent, where);
  return requested;
}

}  // namespace keelson::deb
