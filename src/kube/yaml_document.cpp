#include "kube/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/harmless_text.h"

namespace keelson::kube {

namespace {

using nlohmann::json;

/// What a value costs when an alias repeats it.
struct Cost {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t height = 1;

  void add(const Cost& child) {
    nodes += child.nodes;
    bytes += child.bytes;
    height = std::max(height, child.height + 1);
  }
};

Cost measure(const json& value) {
  Cost cost;
  if (value.is_string()) cost.bytes = value.get_ref<const std::string&>().size();
  if (value.is_array()) {
    for (const auto& item : value) cost.add(measure(item));
  }
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      cost.add(measure(item));
      cost.bytes += key.size();
    }
  }
  return cost;
}

/// YAML's core schema, as far as a configuration needs it.
json plain_value(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  const std::size_t sign = text.front() == '-' ? 1 : 0;
  const bool number = text.size() > sign && text.size() <= 18 &&
                      std::all_of(text.begin() + static_cast<std::ptrdiff_t>(sign), text.end(),
                                  [](char c) { return c >= '0' && c <= '9'; }) &&
                      (text[sign] != '0' || text == "0");
  if (!number) return text;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view name) : name_(name) {}
  json take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) refuse(mark, "a second document starts here");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put(mark, nullptr, anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool is_key = !stack_.empty() && stack_.back().value.is_object() && !stack_.back().has_key;
    put(mark, tag == "?" && !is_key ? plain_value(value) : json(value), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(mark, "an alias is part of what it repeats");
    spend(mark, measure(found->second));
    place(mark, found->second);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, json::array(), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, json::object(), anchor);
  }
  void OnMapEnd() override { close(); }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view why) const {
    const std::string place = mark.is_null() ? "" : fmt::format(":{}:{}", mark.line + 1, mark.column + 1);
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}{}': {}", name_, place, why));
  }

 private:
  /// A list or map that is still open.
  struct Frame {
    json value;
    YAML::anchor_t anchor = YAML::NullAnchor;
    YAML::Mark mark;
    std::string key;
    bool has_key = false;
  };

  void spend(const YAML::Mark& mark, const Cost& cost) {
    nodes_ += cost.nodes;
    bytes_ += cost.bytes;
    if (nodes_ > kMostYamlNodes || bytes_ > 2 * kMostYamlBytes) {
      refuse(mark, fmt::format("it holds more than {} values, aliases expanded", kMostYamlNodes));
    }
    if (stack_.size() + cost.height > kMostYamlDepth) {
      refuse(mark, fmt::format("it is nested deeper than {} levels", kMostYamlDepth));
    }
  }

  void open(const YAML::Mark& mark, json value, YAML::anchor_t anchor) {
    spend(mark, {});
    stack_.push_back({.value = std::move(value), .anchor = anchor, .mark = mark});
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    remember(frame.mark, frame.value, frame.anchor);
    place(frame.mark, std::move(frame.value));
  }

  void put(const YAML::Mark& mark, json value, YAML::anchor_t anchor) {
    spend(mark, measure(value));
    remember(mark, value, anchor);
    place(mark, std::move(value));
  }

  void remember(const YAML::Mark& mark, const json& value, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    spend(mark, measure(value));  // the copy that is kept counts too
    anchors_[anchor] = value;
  }

  void place(const YAML::Mark& mark, json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.value.is_array()) {
      frame.value.push_back(std::move(value));
    } else if (frame.has_key) {
      frame.value[frame.key] = std::move(value);
      frame.has_key = false;
    } else {
      if (!value.is_string()) refuse(mark, "a key must be a word");
      frame.key = value.get<std::string>();
      if (frame.value.contains(frame.key)) {
        refuse(mark, fmt::format("the key '{}' is there twice", harmless_text(frame.key.substr(0, 100))));
      }
      frame.has_key = true;
    }
  }

  std::string_view name_;
  json root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, json> anchors_;
  std::size_t documents_ = 0;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

/// Only UTF-8 without control characters reaches the parser: it would guess at other encodings.
void check_text(std::string_view text, const Builder& builder) {
  if (text.size() > kMostYamlBytes) builder.refuse(YAML::Mark::null_mark(), "it is larger than 16 MiB");
  std::string lines(text);
  std::replace(lines.begin(), lines.end(), '\r', '\n');
  if (harmless_text(lines) != lines) builder.refuse(YAML::Mark::null_mark(), "it is no plain text in UTF-8");
}

}  // namespace

nlohmann::json parse_yaml_document(std::string_view text, std::string_view name) {
  Builder builder(name);
  check_text(text, builder);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    builder.refuse(error.mark, error.msg);
  }
  return builder.take();
}

}  // namespace keelson::kube
