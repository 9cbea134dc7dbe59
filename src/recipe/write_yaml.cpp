#include "recipe/write_yaml.h"

#include <fmt/format.h>

#include <algorithm>

#include "recipe/syntax.h"

namespace keelson::recipe {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// Whether the text may stand without quotes in block style (YAML 1.2.2, section 7.3.3), said more narrowly.
bool fits_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("[]{}*&!|>'\"%@`#,?").find(text.front()) != std::string_view::npos) return false;
  if (text == "-" || text.starts_with("- ") || text.starts_with("---") || text.starts_with("...")) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  return text.front() != ':' && text.front() != '=' && !text.starts_with("<<") &&
         std::none_of(text.begin(), text.end(), is_control);
}

/// Whether another reader might take it for something else than a text.
bool looks_typed(std::string_view text) {
  const auto is_digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  const bool sign = text.front() == '+' || text.front() == '-' || text.front() == '.';
  const bool number = is_digit(0) || (sign && (is_digit(1) || text.size() == 1 || text[1] == '.' || text[1] == 'i' ||
                                               text[1] == 'I' || text[1] == 'n' || text[1] == 'N'));
  return number || boolean_from(text) || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (is_control(c)) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// Whether a text of several lines can be a literal block (section 8.1.2) without an indentation indicator.
bool fits_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.front() == '\t') return false;
  return std::none_of(text.begin(), text.end(), [](char c) { return c != '\n' && c != '\t' && is_control(c); });
}

std::string literal(std::string_view text, const std::string& indent) {
  const auto last = text.find_last_not_of('\n');
  const std::size_t ends = text.size() - last - 1;
  std::string result = ends == 0 ? "|-" : ends == 1 ? "|" : "|+";
  std::string_view rest = text.substr(0, ends == 0 ? text.size() : text.size() - 1);
  while (true) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    result += '\n';
    if (!line.empty()) result += indent + std::string(line);
    if (end == std::string_view::npos) return result;
    rest.remove_prefix(end + 1);
  }
}

std::string scalar(const Node& node, const std::string& indent) {
  if (fits_plain(node.text) && (node.plain || !looks_typed(node.text))) return node.text;
  return fits_literal(node.text) ? literal(node.text, indent) : quoted(node.text);
}

std::string key_text(const std::string& key) {
  return fits_plain(key) && !looks_typed(key) && key.find(':') == std::string::npos ? key : quoted(key);
}

void write_map(const Node& map, const std::string& indent, std::string& text);

/// The value after "key:" or "-"; ends in a newline.
void write_value(const Node& node, const std::string& indent, bool in_list, std::string& text) {
  const std::string inner = indent + "  ";
  if (node.kind == Node::Kind::Null) {
    text += "\n";
  } else if (node.kind == Node::Kind::Scalar) {
    text += " " + scalar(node, inner) + "\n";
  } else if (is_nothing(node)) {
    text += node.kind == Node::Kind::Map ? " {}\n" : " []\n";
  } else if (node.kind == Node::Kind::Map) {
    std::string block;
    write_map(node, inner, block);
    // A list's first key stands on the line of its dash.
    text += in_list ? " " + block.substr(inner.size()) : "\n" + block;
  } else {
    text += "\n";
    const std::string dashes = in_list ? inner : indent;
    for (const auto& item : node.items) {
      text += dashes + "-";
      write_value(item, dashes, true, text);
    }
  }
}

void write_map(const Node& map, const std::string& indent, std::string& text) {
  for (const auto& entry : map.entries) {
    text += indent + key_text(entry.key) + ":";
    write_value(entry.value, indent, false, text);
  }
}

}  // namespace

std::string write_yaml(const Node& root) {
  if (is_nothing(root)) return "{}\n";
  std::string text;
  if (root.kind == Node::Kind::Map) {
    write_map(root, {}, text);
    return text;
  }
  write_value(root, {}, false, text);
  return text.front() == ' ' || text.front() == '\n' ? text.substr(1) : text;
}

}  // namespace keelson::recipe
