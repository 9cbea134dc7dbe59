#include "formats/file_contexts/file_contexts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace keelson::file_contexts {

namespace {

constexpr std::string_view kNone = "<<none>>";

Error refuse(std::string_view name, std::size_t line, std::string_view cause) {
  return {ErrorKind::BadInput, fmt::format("cannot read '{}': line {}: {}", name, line, cause)};
}

std::optional<FileKind> kind_of(std::string_view word) {
  if (word.size() != 2 || word[0] != '-') return std::nullopt;
  switch (word[1]) {
    case '-':
      return FileKind::File;
    case 'd':
      return FileKind::Folder;
    case 'l':
      return FileKind::Symlink;
    case 'c':
      return FileKind::CharDevice;
    case 'b':
      return FileKind::BlockDevice;
    case 'p':
      return FileKind::Fifo;
    case 's':
      return FileKind::Socket;
    default:
      return std::nullopt;
  }
}

/// user:role:type[:level], printable: what the kernel takes for a context (security_context_to_sid()).
bool is_context(std::string_view text) {
  if (text.empty() || text.size() > kLongestContext || std::count(text.begin(), text.end(), ':') < 2) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Calls take(words, number) for each line that says something.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    const auto words = split_words(line);
    if (!words.empty() && !words.front().starts_with('#')) take(words, number);
  }
}

/// `path` with its beginning replaced by the first (so the longest) rule that fits whole components of it.
std::optional<std::string> substituted(const std::vector<std::pair<std::string, std::string>>& rules,
                                       std::string_view path) {
  for (const auto& [from, to] : rules) {
    if (!path.starts_with(from) || (path.size() > from.size() && path[from.size()] != '/')) continue;
    std::string_view rest = path.substr(from.size());
    if (to == "/" && rest.starts_with('/')) rest.remove_prefix(1);
    return to + std::string(rest);
  }
  return std::nullopt;
}

}  // namespace

FileContexts::FileContexts(const ContextFiles& files)
    : subs_(read_substitutions(files.subs, "file_contexts.subs")),
      subs_dist_(read_substitutions(files.subs_dist, "file_contexts.subs_dist")) {
  read_entries(files.main, "file_contexts");
  read_entries(files.homedirs, "file_contexts.homedirs");
  read_entries(files.local, "file_contexts.local");
}

void FileContexts::read_entries(std::string_view text, std::string_view name) {
  for_each_line(text, [&](const std::vector<std::string_view>& words, std::size_t line) {
    if (words.size() != 2 && words.size() != 3)
      throw refuse(name, line, "a pattern, a kind or none, and a context are wanted");
    const auto kind = words.size() == 3 ? kind_of(words[1]) : FileKind::Any;
    if (!kind) throw refuse(name, line, fmt::format("'{}' is no kind of file", words[1]));
    const std::string_view context = words.back();
    if (context != kNone && !is_context(context)) throw refuse(name, line, fmt::format("'{}' is no context", context));
    if (entries_.size() >= kMostEntries) throw refuse(name, line, fmt::format("more than {} entries", kMostEntries));
    try {
      entries_.push_back({Pattern(words[0]), *kind, context == kNone ? std::string() : std::string(context)});
    } catch (const Error& error) {
      throw refuse(name, line, fmt::format("pattern '{}': {}", words[0], error.message()));
    }
    const Pattern& pattern = entries_.back().pattern;
    (pattern.is_literal() ? literals_ : patterns_)[pattern.prefix()].push_back(entries_.size() - 1);
    if (!pattern.is_literal()) longest_prefix_ = std::max(longest_prefix_, pattern.prefix().size());
  });
}

FileContexts::Substitutions FileContexts::read_substitutions(std::string_view text, std::string_view name) {
  Substitutions rules;
  for_each_line(text, [&](const std::vector<std::string_view>& words, std::size_t line) {
    if (words.size() != 2 || words[0].front() != '/' || words[1].front() != '/')
      throw refuse(name, line, "two absolute paths are wanted");
    if (rules.size() >= kMostSubstitutions)
      throw refuse(name, line, fmt::format("more than {} substitutions", kMostSubstitutions));
    rules.emplace_back(words[0], words[1]);
  });
  std::stable_sort(rules.begin(), rules.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return rules;
}

const FileContexts::Entry* FileContexts::find_literal(std::string_view path, FileKind kind) const {
  const auto found = literals_.find(path);
  if (found == literals_.end()) return nullptr;
  const Entry* any = nullptr;
  for (auto index = found->second.rbegin(); index != found->second.rend(); ++index) {
    const Entry& entry = entries_[*index];
    if (entry.kind == kind) return &entry;
    if (entry.kind == FileKind::Any && any == nullptr) any = &entry;
  }
  return any;
}

const FileContexts::Entry* FileContexts::find_pattern(std::string_view path, FileKind kind) const {
  for (std::size_t length = std::min(path.size(), longest_prefix_) + 1; length-- > 0;) {
    const auto found = patterns_.find(path.substr(0, length));
    if (found == patterns_.end()) continue;
    for (auto index = found->second.rbegin(); index != found->second.rend(); ++index) {
      const Entry& entry = entries_[*index];
      if ((entry.kind == FileKind::Any || entry.kind == kind) && entry.pattern.matches(path)) return &entry;
    }
  }
  return nullptr;
}

std::optional<std::string_view> FileContexts::find(std::string_view path, FileKind kind) const {
  std::string place(path);
  if (auto other = substituted(subs_, place)) place = std::move(*other);
  if (auto other = substituted(subs_dist_, place)) place = std::move(*other);
  const Entry* entry = find_literal(place, kind);
  if (entry == nullptr) entry = find_pattern(place, kind);
  if (entry == nullptr || entry->context.empty()) return std::nullopt;
  return entry->context;
}

}  // namespace keelson::file_contexts
