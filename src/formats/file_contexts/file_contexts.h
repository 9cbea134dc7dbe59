/// Which SELinux label a file gets by its path, as a policy's file_contexts files say.
/// Source: file_contexts(5) and selabel_file(5) of libselinux 3.8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/file_contexts/pattern.h"

namespace keelson::file_contexts {

enum class FileKind : std::uint8_t { Any, File, Folder, Symlink, CharDevice, BlockDevice, Fifo, Socket };

/// Bounds; the largest policy known has some 7,000 entries.
constexpr std::size_t kMostEntries = 50'000;
constexpr std::size_t kMostSubstitutions = 1'000;
constexpr std::size_t kLongestContext = 4096;

/// The texts of one policy; "" where it has no such file.
struct ContextFiles {
  std::string_view main;       ///< file_contexts
  std::string_view homedirs;   ///< file_contexts.homedirs
  std::string_view local;      ///< file_contexts.local
  std::string_view subs;       ///< file_contexts.subs
  std::string_view subs_dist;  ///< file_contexts.subs_dist
};

/// Which entry wins: one that is a plain path; else the one whose pattern begins with the longest plain text; of equal
/// ones, the last. That is libselinux 3.8's rule.
class FileContexts {
 public:
  /// Untrusted texts. @throws Error(BadInput) naming file and line.
  explicit FileContexts(const ContextFiles& files);

  /// The label for the file at `path` (absolute, without a slash at its end); nothing when no entry names it, or the
  /// one that does says <<none>>.
  std::optional<std::string_view> find(std::string_view path, FileKind kind) const;

 private:
  struct Entry {
    Pattern pattern;
    FileKind kind;
    std::string context;  ///< "": <<none>>
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Index = std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>>;
  using Substitutions = std::vector<std::pair<std::string, std::string>>;

  void read_entries(std::string_view text, std::string_view name);
  static Substitutions read_substitutions(std::string_view text, std::string_view name);
  const Entry* find_literal(std::string_view path, FileKind kind) const;
  const Entry* find_pattern(std::string_view path, FileKind kind) const;

  std::vector<Entry> entries_;
  Index literals_;  ///< by their text
  Index patterns_;  ///< by the text that they begin with
  std::size_t longest_prefix_ = 0;
  Substitutions subs_;
  Substitutions subs_dist_;
};

}  // namespace keelson::file_contexts
