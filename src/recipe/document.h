/// YAML text (and so JSON text) as a tree of nodes that know their places.
///
/// Specification: YAML 1.2.2, parsed by yaml-cpp's event interface. Scalars stay text: the recipe language decides
/// what a key's value is, so that `version: 3.0` is a text and "123" in quotes is no number. Stricter than YAML:
/// one document only, UTF-8 only, keys are scalars, no duplicate key at any level, only core tags. Merge keys (<<)
/// and aliases work; both are bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/findings.h"

namespace keelson::recipe {

inline constexpr std::size_t kMostDocumentBytes = std::size_t{4}
                                                  << 20;  ///< of the text, and of all scalars expanded ×4
inline constexpr std::size_t kMostNodes = 200'000;        ///< after aliases are expanded
inline constexpr std::size_t kMostDepth = 64;

struct Entry;

struct Node {
  enum class Kind { Null, Scalar, List, Map };

  Kind kind = Kind::Null;
  Mark mark;
  bool plain = false;     ///< a scalar without quotes, so that it may be a number or a boolean
  std::string text;       ///< of a scalar
  std::size_t index = 0;  ///< of a list's item: its place in the list of its own file
  std::vector<Node> items;
  std::vector<Entry> entries;  ///< in the order of the file, keys unique

  /// The entry's value, or nullptr.
  const Node* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Mark mark;  ///< of the key
  Node value;
};

/// Parses one document. Untrusted: sizes, depth and alias expansion are bounded before anything is stored.
/// Adds a finding for each mistake. @return the root, or nothing when the text can't be read as YAML at all.
/// @param source what the nodes' marks say about the file they come from.
std::optional<Node> parse_document(std::string_view text, Findings& findings, int source = 0);

/// Null, or a list or map that holds nothing.
bool is_nothing(const Node& node);

}  // namespace keelson::recipe
