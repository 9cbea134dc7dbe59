/// Reading values out of a checked document. A value of the wrong type reads as absent: the structural check has
/// reported it, and reading goes on so that all findings come out in one run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "recipe/document.h"

namespace keelson::recipe {

/// A place in the document, there or not. Refers to the document's nodes: valid as long as they are.
class View {
 public:
  View(const Node* node, std::string path, Mark mark) : node_(node), path_(std::move(path)), mark_(mark) {}

  /// There, and not null.
  bool given() const { return node_ != nullptr && node_->kind != Node::Kind::Null; }
  bool is_scalar() const { return node_ != nullptr && node_->kind == Node::Kind::Scalar; }
  /// The value of a key of this map; absent ones stand where the map stands.
  View at(std::string_view key) const;
  /// A list's items that are not null; of a hostile list only the first `at_most`.
  std::vector<View> items(std::size_t at_most = std::numeric_limits<std::size_t>::max()) const;
  /// A map's keys and values.
  std::vector<std::pair<std::string, View>> entries() const;
  /// The value at "a.b.c" below this map.
  View below(std::string_view path) const;
  /// Neither absent nor null nor an empty list or map.
  bool holds_something() const { return node_ != nullptr && !is_nothing(*node_); }
  const std::string& path() const { return path_; }
  /// Where it stands: a text's own place; of lists and maps, the key that names them.
  Mark mark() const { return mark_; }

  std::optional<std::string> text() const;
  std::string text_or(std::string_view fallback) const { return text().value_or(std::string(fallback)); }
  std::optional<std::int64_t> integer() const;
  std::optional<bool> boolean() const;
  std::optional<ByteCount> size() const;
  std::optional<std::uint32_t> permissions() const;
  std::vector<std::string> texts() const;
  std::map<std::string, std::string> text_map() const;

 private:
  const Node* node_;
  std::string path_;
  Mark mark_;
};

/// A file that is read: the recipe or one of those it builds on.
struct Source {
  std::string file;              ///< for findings; "": the recipe itself
  std::filesystem::path folder;  ///< where its relative paths start
  int rank = 0;                  ///< what a higher rank says comes later, and wins
};

/// What the readers share: the files that values come from, and the findings.
class Reading {
 public:
  /// @param sources indexed by Mark::source; must outlive this.
  Reading(const std::vector<Source>& sources, Findings& findings) : sources_(sources), findings_(findings) {}

  /// A rule that needs several keys is broken at `at`.
  void rule(const View& at, std::string message, std::string hint = {}) const;
  /// Allowed, but hardly meant.
  void warning(const View& at, std::string message, std::string hint = {}) const;
  /// Something in the file system is not as `at` needs it.
  void resource(const View& at, std::string message, std::string hint = {}) const;

  /// A path of the value at `at`, from the folder of the file that it stands in.
  std::filesystem::path resolve(const View& at) const;
  const Source& source_of(const View& at) const { return sources_.at(static_cast<std::size_t>(at.mark().source)); }
  /// The resolved path of a file that should exist; reports it if it doesn't, or if it is a folder.
  std::filesystem::path require_file(const View& at) const;
  std::filesystem::path require_folder(const View& at) const;
  /// The text of a small file; reports why it can't be had. Only regular files are read.
  std::optional<std::string> file_text(const View& at) const;

  Findings& findings() const { return findings_; }

 private:
  void report(const View& at, Severity severity, FindingKind kind, std::string message, std::string hint) const;

  const std::vector<Source>& sources_;
  Findings& findings_;
};

}  // namespace keelson::recipe
