#include "recipe/document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"

namespace keelson::recipe {

namespace {

constexpr std::size_t kMostScalarBytes = 4 * kMostDocumentBytes;

Mark place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {.line = mark.line + 1, .column = mark.column + 1};
}

/// What a node costs when an alias repeats it.
struct Cost {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  std::size_t height = 0;

  void add(const Cost& child) {
    nodes += child.nodes;
    bytes += child.bytes;
    height = std::max(height, child.height + 1);
  }
};

Cost measure(const Node& node) {
  Cost cost{.nodes = 1, .bytes = node.text.size(), .height = 1};
  for (const auto& item : node.items) cost.add(measure(item));
  for (const auto& entry : node.entries) {
    cost.add(measure(entry.value));
    cost.bytes += entry.key.size();
  }
  return cost;
}

/// Builds the tree from the parser's events and keeps the bounds.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(Findings& findings, int source) : findings_(findings), source_(source) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0)
      stop(from_yaml(mark), "a second document starts here", "a recipe is one document: remove '---'");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put({.mark = from_yaml(mark)}, anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(from_yaml(mark), tag);
    Node node{.kind = Node::Kind::Scalar, .mark = from_yaml(mark), .plain = is_plain(tag), .text = value};
    put(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(from_yaml(mark), "an alias is part of what it repeats", {});
    spend(measure(found->second), from_yaml(mark));
    Node copy = found->second;
    copy.mark = from_yaml(mark);
    place(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::List, from_yaml(mark), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::Map, from_yaml(mark), tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  Mark from_yaml(const YAML::Mark& mark) const {
    Mark place = place_of(mark);
    place.source = source_;
    return place;
  }

  /// A list or map that is still open.
  struct Frame {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::map<std::string, Mark> keys;  ///< seen so far
    bool has_key = false;              ///< a map's key was read and its value comes next
    bool drop_value = false;           ///< the key was wrong or a duplicate
  };

  /// Adds the finding that ends the parse.
  [[noreturn]] void stop(Mark mark, std::string message, std::string hint) {
    findings_.add({.kind = FindingKind::Syntax,
                   .path = path(),
                   .line = mark.line,
                   .column = mark.column,
                   .message = message,
                   .hint = std::move(hint)});
    throw Error(ErrorKind::BadInput, std::move(message));
  }

  void report(Mark mark, std::string message, std::string hint = {}) {
    findings_.add({.kind = FindingKind::Structure,
                   .path = path(),
                   .line = mark.line,
                   .column = mark.column,
                   .message = std::move(message),
                   .hint = std::move(hint)});
  }

  static bool is_plain(const std::string& tag) {
    return tag == "?" || tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:bool";
  }

  void check_tag(Mark mark, const std::string& tag) {
    static const std::set<std::string, std::less<>> kCoreTypes{"str", "int", "bool", "float", "null", "map", "seq"};
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (tag.empty() || tag == "?" || tag == "!") return;
    if (tag.starts_with(kCore) && kCoreTypes.contains(std::string_view(tag).substr(kCore.size()))) return;
    report(mark, fmt::format("unknown tag {}", quote(tag)));
  }

  void spend(const Cost& cost, Mark mark) {
    nodes_ += cost.nodes;
    bytes_ += cost.bytes;
    if (nodes_ > kMostNodes || bytes_ > kMostScalarBytes) {
      stop(mark, fmt::format("the document holds more than {} values, aliases expanded", kMostNodes), {});
    }
    if (stack_.size() + cost.height > kMostDepth) {
      stop(mark, fmt::format("lists and maps are nested deeper than {} levels", kMostDepth), {});
    }
  }

  void open(Node::Kind kind, Mark mark, const std::string& tag, YAML::anchor_t anchor) {
    check_tag(mark, tag);
    spend({.nodes = 1, .bytes = 0, .height = 1}, mark);
    stack_.push_back({.node = {.kind = kind, .mark = mark}, .anchor = anchor});
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (frame.node.kind == Node::Kind::Map) merge(frame);
    remember(frame.node, frame.anchor);
    place(std::move(frame.node));
  }

  void put(Node node, YAML::anchor_t anchor) {
    spend({.nodes = 1, .bytes = node.text.size(), .height = 1}, node.mark);
    remember(node, anchor);
    place(std::move(node));
  }

  void remember(const Node& node, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    spend(measure(node), node.mark);  // the copy kept for aliases counts too
    anchors_[anchor] = node;
  }

  /// The node is whole: give it to the list or map it stands in.
  void place(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == Node::Kind::List) {
      node.index = frame.node.items.size();
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      take_key(frame, node);
    } else {
      if (!frame.drop_value) frame.node.entries.back().value = std::move(node);
      frame.has_key = false;
    }
  }

  void take_key(Frame& frame, const Node& key) {
    frame.has_key = true;
    frame.drop_value = true;
    if (key.kind != Node::Kind::Scalar || key.text.empty()) {
      report(key.mark, "a key must be a word", "put text that begins with '{', '[' or '*' in quotes");
      return;
    }
    const auto [first, is_new] = frame.keys.try_emplace(key.text, key.mark);
    if (!is_new) {
      report(key.mark, fmt::format("duplicate key {}: it was given on line {}", quote(key.text), first->second.line),
             "merge the two, or remove one");
      return;
    }
    frame.drop_value = false;
    frame.node.entries.push_back({.key = key.text, .mark = key.mark, .value = {}});
  }

  /// YAML 1.1 "Merge Key": the values of '<<' stand in for keys that the map itself does not have.
  void merge(Frame& frame) {
    auto& entries = frame.node.entries;
    const auto at = std::find_if(entries.begin(), entries.end(), [](const Entry& e) { return e.key == "<<"; });
    if (at == entries.end()) return;
    Node merged = std::move(at->value);
    const Mark mark = at->mark;
    entries.erase(at);
    if (merged.kind != Node::Kind::List) {
      Node list{.kind = Node::Kind::List};
      list.items.push_back(std::move(merged));
      merged = std::move(list);
    }
    for (auto& source : merged.items) {
      if (source.kind != Node::Kind::Map) {
        report(mark, "'<<' takes a map, or a list of maps");
        return;
      }
      for (auto& entry : source.entries) {
        if (frame.keys.try_emplace(entry.key, entry.mark).second) entries.push_back(std::move(entry));
      }
    }
  }

  std::string path() const {
    std::string text;
    for (const auto& frame : stack_) {
      if (frame.node.kind == Node::Kind::List) {
        text += fmt::format("[{}]", frame.node.items.size());
      } else if (frame.has_key && !frame.node.entries.empty()) {
        text += (text.empty() ? "" : ".") + frame.node.entries.back().key;
      }
    }
    return text;
  }

  Findings& findings_;
  int source_;
  Node root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

/// Length of the UTF-8 sequence at `at`, or 0 (RFC 3629, section 4).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && byte(1) < 0x90;
    const bool too_high = first == 0xf4 && byte(1) >= 0x90;
    return continues(1) && continues(2) && continues(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

/// Only UTF-8 without control characters reaches the parser: it would otherwise guess at other encodings.
bool check_encoding(std::string_view text, Findings& findings) {
  Mark mark{.line = 1, .column = 1};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
    if (length == 0 || control) {
      findings.add({.kind = FindingKind::Syntax,
                    .line = mark.line,
                    .column = mark.column,
                    .message = length == 0 ? "the text is not UTF-8" : "the text holds a control character"});
      return false;
    }
    ++mark.column;
    if (byte == '\n') mark = {.line = mark.line + 1, .column = 1};
    at += length;
  }
  return true;
}

/// The first line whose indentation holds a tab.
std::optional<Mark> find_tab_indent(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view content = text.substr(0, end);
    const auto first = content.find_first_not_of(" \t\r");
    const auto tab = content.find('\t');
    if (first != std::string_view::npos && tab < first) return Mark{.line = line, .column = static_cast<int>(tab) + 1};
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    ++line;
  }
  return std::nullopt;
}

std::string hint_for(const std::string& message) {
  if (message.find("illegal map value") != std::string::npos) return "put text that holds ': ' in quotes";
  if (message.find("end of map") != std::string::npos || message.find("end of sequence") != std::string::npos) {
    return "check the indentation of this line and of the line above";
  }
  return {};
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

bool is_nothing(const Node& node) {
  return node.kind == Node::Kind::Null || (node.kind == Node::Kind::List && node.items.empty()) ||
         (node.kind == Node::Kind::Map && node.entries.empty());
}

std::optional<Node> parse_document(std::string_view text, Findings& findings, int source) {
  if (text.size() > kMostDocumentBytes) {
    findings.add({.kind = FindingKind::Syntax,
                  .message = fmt::format("the file is larger than {} MiB", kMostDocumentBytes >> 20)});
    return std::nullopt;
  }
  if (!check_encoding(text, findings)) return std::nullopt;
  TreeBuilder builder(findings, source);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const YAML::Exception& error) {
    // The parser takes a tab for text and stumbles later: say what is really wrong.
    if (const auto tab = find_tab_indent(text)) {
      findings.add({.kind = FindingKind::Syntax,
                    .line = tab->line,
                    .column = tab->column,
                    .message = "cannot read the YAML: the line is indented with a tab",
                    .hint = "indent with spaces"});
      return std::nullopt;
    }
    const Mark mark = place_of(error.mark);
    findings.add({.kind = FindingKind::Syntax,
                  .line = mark.line,
                  .column = mark.column,
                  .message = "cannot read the YAML: " + error.msg,
                  .hint = hint_for(error.msg)});
  } catch (const Error&) {
    // stop() added its finding.
  }
  return std::nullopt;
}

}  // namespace keelson::recipe
