#include "recipe/view.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "recipe/syntax.h"
#include "sys/file.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

View View::at(std::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  if (node_ != nullptr) {
    for (const auto& entry : node_->entries) {
      if (entry.key != key) continue;
      return {&entry.value, std::move(path), entry.value.kind == Node::Kind::Scalar ? entry.value.mark : entry.mark};
    }
  }
  return {nullptr, std::move(path), mark_};
}

View View::below(std::string_view path) const {
  View view = *this;
  for (const auto key : split(path, '.')) view = view.at(key);
  return view;
}

std::vector<View> View::items(std::size_t at_most) const {
  std::vector<View> views;
  if (node_ == nullptr) return views;
  for (std::size_t i = 0; i < node_->items.size() && views.size() < at_most; ++i) {
    const Node& item = node_->items[i];
    if (item.kind != Node::Kind::Null) views.emplace_back(&item, fmt::format("{}[{}]", path_, item.index), item.mark);
  }
  return views;
}

std::vector<std::pair<std::string, View>> View::entries() const {
  std::vector<std::pair<std::string, View>> views;
  if (node_ == nullptr) return views;
  for (const auto& entry : node_->entries) {
    views.emplace_back(entry.key, View(&entry.value, fmt::format("{}.{}", path_, entry.key), entry.value.mark));
  }
  return views;
}

std::optional<std::string> View::text() const {
  if (!is_scalar()) return std::nullopt;
  return node_->text;
}

std::optional<std::int64_t> View::integer() const {
  if (!is_scalar() || !node_->plain) return std::nullopt;
  return integer_from(node_->text);
}

std::optional<bool> View::boolean() const {
  if (!is_scalar() || !node_->plain) return std::nullopt;
  return boolean_from(node_->text);
}

std::optional<ByteCount> View::size() const {
  if (!is_scalar()) return std::nullopt;
  return size_from(node_->text);
}

std::optional<std::uint32_t> View::permissions() const {
  if (!is_scalar()) return std::nullopt;
  return permissions_from(node_->text);
}

std::vector<std::string> View::texts() const {
  std::vector<std::string> values;
  for (const auto& item : items()) {
    if (const auto value = item.text()) values.push_back(*value);
  }
  return values;
}

std::map<std::string, std::string> View::text_map() const {
  std::map<std::string, std::string> values;
  if (node_ == nullptr) return values;
  for (const auto& entry : node_->entries) values[entry.key] = entry.value.text;
  return values;
}

void Reading::report(const View& at, Severity severity, FindingKind kind, std::string message, std::string hint) const {
  findings_.add({.severity = severity,
                 .kind = kind,
                 .file = source_of(at).file,
                 .path = at.path(),
                 .line = at.mark().line,
                 .column = at.mark().column,
                 .message = std::move(message),
                 .hint = std::move(hint)});
}

void Reading::rule(const View& at, std::string message, std::string hint) const {
  report(at, Severity::Error, FindingKind::Rule, std::move(message), std::move(hint));
}

void Reading::warning(const View& at, std::string message, std::string hint) const {
  report(at, Severity::Warning, FindingKind::Rule, std::move(message), std::move(hint));
}

void Reading::resource(const View& at, std::string message, std::string hint) const {
  report(at, Severity::Error, FindingKind::Resource, std::move(message), std::move(hint));
}

fs::path Reading::resolve(const View& at) const {
  const auto text = at.text();
  if (!text || text->empty()) return {};
  return (source_of(at).folder / *text).lexically_normal();
}

fs::path Reading::require_file(const View& at) const {
  const auto text = at.text();
  if (!text || text->empty()) return {};
  fs::path path = resolve(at);
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (!fs::exists(status)) {
    resource(at, fmt::format("'{}' names a file that does not exist: {}", at.path(), quote(*text)),
             "the path starts from the recipe's folder");
  } else if (fs::is_directory(status)) {
    resource(at, fmt::format("'{}' must name a file, and {} is a folder", at.path(), quote(*text)));
  }
  return path;
}

fs::path Reading::require_folder(const View& at) const {
  const auto text = at.text();
  if (!text || text->empty()) return {};
  fs::path path = resolve(at);
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (!fs::exists(status)) {
    resource(at, fmt::format("'{}' names a folder that does not exist: {}", at.path(), quote(*text)),
             "the path starts from the recipe's folder");
  } else if (!fs::is_directory(status)) {
    resource(at, fmt::format("'{}' must name a folder, and {} is none", at.path(), quote(*text)));
  }
  return path;
}

std::optional<std::string> Reading::file_text(const View& at) const {
  const fs::path path = require_file(at);
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (!fs::exists(status) || fs::is_directory(status)) return std::nullopt;  // reported
  if (!fs::is_regular_file(status)) {
    resource(at, fmt::format("'{}' must name a regular file", at.path()));
    return std::nullopt;
  }
  try {
    return read_file(path, ByteCount{kMostDocumentBytes});
  } catch (const Error& error) {
    resource(at, error.message(), error.hint());
    return std::nullopt;
  }
}

}  // namespace keelson::recipe
