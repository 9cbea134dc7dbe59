#include "packages/deb/resolve/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/text.h"

namespace keelson::deb {

namespace {

constexpr std::size_t kMostSentences = 6;  // enough to act on; more confuses

bool by_name(const PackageRecord* a, const PackageRecord* b) { return a->name < b->name; }

std::string quoted(std::string_view name) { return fmt::format("'{}'", name); }

// Why nothing fits one alternative: "only bar 1.4 is available", "there is no package bar".
std::string shortfall(const Relation& relation, Candidates& candidates) {
  if (const auto* found = candidates.find(relation.name); found != nullptr) {
    if (is_version_accepted(relation, found->version) && !relation.qualifier.empty()) {
      return fmt::format("{} {} is for {} only", found->name, found->version, found->architecture);
    }
    return fmt::format("only {} {} is available", found->name, found->version);
  }
  if (const auto& providers = candidates.providers(relation.name); !providers.empty()) {
    return fmt::format("{} provides it in no fitting version", providers.front()->name);
  }
  return fmt::format("there is no package {}", relation.name);
}

std::string shortfall(const Alternatives& alternatives, Candidates& candidates) {
  std::vector<std::string> parts;
  for (const auto& relation : alternatives) parts.push_back(shortfall(relation, candidates));
  return join_words(parts);
}

// One problem's rules, walked from what was asked for to what stands in the way.
class Story {
 public:
  Story(const Problem& problem, const std::vector<const PackageRecord*>& requested, Candidates& candidates)
      : problem_(problem), candidates_(candidates) {
    for (const auto& rule : problem) {
      if (rule.kind == ProblemRule::Kind::Wanted) roots_.push_back(rule.source);
    }
    std::sort(roots_.begin(), roots_.end(), by_name);
    roots_.erase(std::unique(roots_.begin(), roots_.end()), roots_.end());
    // Essential packages are wanted always: a story that can start at what the user asked for starts there.
    named_ = roots_;
    std::erase_if(named_, [&](const auto* root) {
      return std::find(requested.begin(), requested.end(), root) == requested.end();
    });
    if (named_.empty()) named_ = roots_;
    find_paths();
  }

  const std::vector<const PackageRecord*>& named() const { return named_; }

  std::vector<std::string> sentences() {
    for (const auto& rule : problem_) {
      if (rule.kind == ProblemRule::Kind::NothingFits && rule.dependency != nullptr) {
        say(fmt::format("{}{} needs {}, but {}", lead(rule.source), rule.source->name, to_text(*rule.dependency),
                        shortfall(*rule.dependency, candidates_)));
      }
    }
    for (const auto& rule : problem_) {
      if (rule.kind == ProblemRule::Kind::Conflict && rule.target != nullptr) say_conflict(rule);
    }
    return said_;
  }

 private:
  // The shortest way from a root to each package, over the dependencies in this problem.
  void find_paths() {
    std::deque<const PackageRecord*> open(named_.begin(), named_.end());
    for (const auto* root : roots_) {
      if (std::find(named_.begin(), named_.end(), root) == named_.end()) open.push_back(root);
    }
    for (const auto* root : open) came_from_.emplace(root, Step{});
    while (!open.empty()) {
      const PackageRecord* package = open.front();
      open.pop_front();
      for (const auto& rule : problem_) {
        if (rule.kind != ProblemRule::Kind::Needs || rule.source != package || rule.dependency == nullptr) continue;
        for (const auto& relation : *rule.dependency) {
          for (const auto* next : candidates_.satisfiers(relation)) {
            if (came_from_.emplace(next, Step{package, rule.dependency}).second) open.push_back(next);
          }
        }
      }
    }
  }

  // "app needs lib (>= 1), which needs base, and " when the sentence goes on with another package's name.
  std::string chain(const PackageRecord* package) const {
    std::vector<std::string> words;
    for (auto at = came_from_.find(package); at != came_from_.end() && at->second.from != nullptr;
         at = came_from_.find(at->second.from)) {
      const bool named_plainly =
          at->second.dependency->size() == 1 && at->second.dependency->front().name == at->first->name;
      words.push_back(named_plainly ? to_text(*at->second.dependency)
                                    : fmt::format("{} ({})", to_text(*at->second.dependency), at->first->name));
      if (words.size() > 64) break;
    }
    if (words.empty()) return "";
    std::reverse(words.begin(), words.end());
    return fmt::format("{} needs {}", root_of(package)->name, fmt::join(words, ", which needs "));
  }

  std::string lead(const PackageRecord* package) const {
    const auto way = chain(package);
    return way.empty() ? "" : way + ", and ";
  }

  const PackageRecord* root_of(const PackageRecord* package) const {
    for (auto at = came_from_.find(package); at != came_from_.end() && at->second.from != nullptr;
         at = came_from_.find(package)) {
      package = at->second.from;
    }
    return package;
  }

  void say_conflict(const ProblemRule& rule) {
    std::string sentence;
    for (const auto* side : {rule.source, rule.target}) {
      if (const auto way = chain(side); !way.empty()) sentence += way + ", ";
    }
    if (!sentence.empty()) sentence += "and ";
    sentence += fmt::format("{} conflicts with {}", rule.source->name,
                            rule.conflict == nullptr ? std::string(rule.target->name) : to_text(*rule.conflict));
    if (rule.conflict != nullptr && rule.conflict->name != rule.target->name) {
      sentence += fmt::format(", which {} provides", rule.target->name);
    } else if (rule.conflict != nullptr && rule.conflict->test != VersionTest::Any) {
      sentence += fmt::format(" (it would be {} {})", rule.target->name, rule.target->version);
    }
    for (const auto* side : {rule.target, rule.source}) {
      if (!side->essential || std::find(named_.begin(), named_.end(), side) != named_.end()) continue;
      sentence += side == rule.target ? ", which is essential" : fmt::format(" and {} is essential", side->name);
      break;
    }
    say(std::move(sentence));
  }

  void say(std::string sentence) {
    if (said_.size() < kMostSentences && std::find(said_.begin(), said_.end(), sentence) == said_.end()) {
      said_.push_back(std::move(sentence));
    }
  }

  struct Step {
    const PackageRecord* from = nullptr;
    const Alternatives* dependency = nullptr;
  };

  const Problem& problem_;
  Candidates& candidates_;
  std::vector<const PackageRecord*> roots_;
  std::vector<const PackageRecord*> named_;
  std::map<const PackageRecord*, Step> came_from_;  // only looked up, never walked: its order does not matter
  std::vector<std::string> said_;
};

}  // namespace

Error explain_problems(const std::vector<Problem>& problems, const std::vector<const PackageRecord*>& requested,
                       Candidates& candidates) {
  std::set<std::string, std::less<>> names;
  std::vector<std::string> sentences;
  for (const auto& problem : problems) {
    Story story(problem, requested, candidates);
    for (const auto* root : story.named()) names.emplace(quoted(root->name));
    for (auto& sentence : story.sentences()) {
      if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end())
        sentences.push_back(std::move(sentence));
    }
  }
  const std::vector<std::string> list(names.begin(), names.end());
  const auto title =
      fmt::format("cannot install {}{}:", join_words(list), list.size() > 1 && problems.size() == 1 ? " together" : "");
  if (sentences.empty()) sentences.emplace_back("their dependencies cannot be satisfied at the same time");
  if (sentences.size() == 1) return {ErrorKind::BadInput, fmt::format("{} {}", title, sentences[0])};
  return {ErrorKind::BadInput, fmt::format("{}\n  {}", title, fmt::join(sentences, "\n  "))};
}

}  // namespace keelson::deb
