#include "recipe/migrate_tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::recipe {

namespace {

/// "os.packages" and "install"; "" and "os" for a path of one key.
std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return {{}, path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

Node* find_key(Node& map, std::string_view key) {
  for (auto& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

void visit(Node& node, std::string_view pattern, const std::string& path,
           const std::function<void(Node&, const std::string&)>& body) {
  if (pattern.empty()) {
    if (node.kind == Node::Kind::Map) body(node, path);
    return;
  }
  const auto dot = pattern.find('.');
  std::string_view key = pattern.substr(0, dot);
  const std::string_view rest = dot == std::string_view::npos ? std::string_view{} : pattern.substr(dot + 1);
  const bool is_list = key.ends_with("[]");
  if (is_list) key.remove_suffix(2);
  Node* child = find_key(node, key);
  if (child == nullptr) return;
  const std::string here = path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
  if (!is_list) {
    visit(*child, rest, here, body);
    return;
  }
  for (std::size_t i = 0; i < child->items.size(); ++i)
    visit(child->items[i], rest, fmt::format("{}[{}]", here, i), body);
}

}  // namespace

Node* find_at(Node& root, std::string_view path) {
  if (path.empty()) return &root;
  const auto [parent_path, key] = split_last(path);
  Node* parent = find_at(root, parent_path);
  return parent == nullptr ? nullptr : find_key(*parent, key);
}

std::optional<Entry> take_at(Node& root, std::string_view path) {
  const auto [parent_path, key] = split_last(path);
  Node* parent = find_at(root, parent_path);
  if (parent == nullptr) return std::nullopt;
  const auto at = std::find_if(parent->entries.begin(), parent->entries.end(),
                               [&key = key](const Entry& e) { return e.key == key; });
  if (at == parent->entries.end()) return std::nullopt;
  Entry taken = std::move(*at);
  parent->entries.erase(at);
  if (parent->entries.empty() && !parent_path.empty()) take_at(root, parent_path);
  return taken;
}

bool put_at(Node& root, std::string_view path, Node value, Mark key_mark) {
  Node* present = find_at(root, path);
  if (present != nullptr) {
    if (!is_nothing(*present)) return false;
    *present = std::move(value);
    return true;
  }
  const auto [parent_path, key] = split_last(path);
  Node* parent = find_at(root, parent_path);
  if (parent == nullptr || parent->kind == Node::Kind::Null) {
    if (!put_at(root, parent_path, map_node(key_mark), key_mark)) return false;
    parent = find_at(root, parent_path);
  }
  if (parent->kind != Node::Kind::Map) return false;
  parent->entries.push_back({.key = std::string(key), .mark = key_mark, .value = std::move(value)});
  return true;
}

void for_each_map(Node& root, std::string_view pattern, const std::function<void(Node&, const std::string&)>& body) {
  visit(root, pattern, {}, body);
}

void add_entry(Node& map, std::string_view key, Node value) {
  if (is_nothing(value)) return;
  const Mark mark = value.mark;
  map.entries.push_back({.key = std::string(key), .mark = mark, .value = std::move(value)});
}

Node text_node(std::string text, Mark mark, bool plain) {
  return {.kind = Node::Kind::Scalar, .mark = mark, .plain = plain, .text = std::move(text)};
}

Node list_node(Mark mark) { return {.kind = Node::Kind::List, .mark = mark}; }

Node map_node(Mark mark) { return {.kind = Node::Kind::Map, .mark = mark}; }

std::vector<std::string> command_line_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space || (quoted && c != '\n')) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

}  // namespace keelson::recipe
