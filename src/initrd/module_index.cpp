#include "initrd/module_index.h"

#include <algorithm>

#include "base/error.h"

namespace keelson::initrd {
namespace {

constexpr std::uint32_t kMagic = 0xb007f457;
constexpr std::uint32_t kVersion = 0x00020001;
constexpr std::uint32_t kHasPrefix = 0x80000000;
constexpr std::uint32_t kHasValues = 0x40000000;
constexpr std::uint32_t kHasChildren = 0x20000000;
constexpr std::size_t kRootField = 8;
constexpr std::size_t kMaximumKey = 4096;  // bounds the recursion

/// Writes the trie of a sorted list, children before their parent since the parent holds their offsets.
class IndexWriter {
 public:
  explicit IndexWriter(const IndexPairs& pairs) : pairs_(pairs) {}

  Bytes write() {
    out_.u32be(kMagic);
    out_.u32be(kVersion);
    out_.u32be(0);
    out_.patch_u32be(kRootField, write_node(0, pairs_.size(), 0));
    return out_.take();
  }

 private:
  const std::string& key(std::size_t i) const { return pairs_[i].first; }
  unsigned char at(std::size_t i, std::size_t depth) const { return static_cast<unsigned char>(key(i)[depth]); }

  /// Pairs [first, last) agree in their first `depth` bytes. Returns the node's offset with its flags.
  std::uint32_t write_node(std::size_t first, std::size_t last, std::size_t depth) {
    std::size_t end_of_prefix = depth;
    if (first < last) {
      // Sorted: what the first and last key share, all share.
      const std::string& a = key(first);
      const std::string& b = key(last - 1);
      while (end_of_prefix < a.size() && end_of_prefix < b.size() && a[end_of_prefix] == b[end_of_prefix])
        ++end_of_prefix;
    }
    std::size_t values_end = first;
    while (values_end < last && key(values_end).size() == end_of_prefix) ++values_end;
    const std::vector<std::uint32_t> children = write_children(values_end, last, end_of_prefix);

    std::uint32_t offset = static_cast<std::uint32_t>(out_.size());
    if (end_of_prefix > depth) {
      offset |= kHasPrefix;
      write_string(std::string_view(key(first)).substr(depth, end_of_prefix - depth));
    }
    if (!children.empty()) {
      offset |= kHasChildren;
      out_.u8(at(values_end, end_of_prefix));
      out_.u8(at(last - 1, end_of_prefix));
      for (const std::uint32_t child : children) out_.u32be(child);
    }
    if (values_end > first) {
      offset |= kHasValues;
      write_values(first, values_end);
    }
    return offset;
  }

  /// One offset for each byte from the first child's to the last child's; 0 where there is no child.
  std::vector<std::uint32_t> write_children(std::size_t first, std::size_t last, std::size_t depth) {
    if (first == last) return {};
    std::vector<std::uint32_t> offsets(at(last - 1, depth) - at(first, depth) + 1u);
    const unsigned char lowest = at(first, depth);
    for (std::size_t i = first; i < last;) {
      std::size_t end = i;
      while (end < last && at(end, depth) == at(i, depth)) ++end;
      offsets[at(i, depth) - lowest] = write_node(i, end, depth + 1);
      i = end;
    }
    return offsets;
  }

  void write_values(std::size_t first, std::size_t last) {
    out_.u32be(static_cast<std::uint32_t>(last - first));
    for (std::size_t i = first; i < last; ++i) {
      out_.u32be(static_cast<std::uint32_t>(i - first));  // priority: lower comes first
      write_string(pairs_[i].second);
    }
  }

  void write_string(std::string_view text) {
    out_.text(text);
    out_.u8(0);
  }

  const IndexPairs& pairs_;
  ByteWriter out_;
};

}  // namespace

std::string write_module_index(IndexPairs pairs) {
  std::erase_if(pairs, [](const auto& pair) {
    return pair.first.size() > kMaximumKey ||
           std::ranges::any_of(pair.first, [](char c) { return static_cast<unsigned char>(c) >= 128 || c == '\0'; });
  });
  std::ranges::sort(pairs);
  pairs.erase(std::ranges::unique(pairs).begin(), pairs.end());
  const Bytes bytes = IndexWriter(pairs).write();
  return std::string(as_text(bytes));
}

std::string normalize_alias(std::string_view alias) {
  std::string result(alias);
  bool in_brackets = false;
  for (char& c : result) {
    if (c == '[') in_brackets = true;
    if (c == ']') in_brackets = false;
    if (c == '-' && !in_brackets) c = '_';
  }
  return result;
}

}  // namespace keelson::initrd
