// From YAML text to a Lifecycle. The tree of nodes with their places is recipe/document.h's; this says what is allowed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "fleet/lifecycle/lifecycle.h"
#include "recipe/document.h"

namespace keelson::fleet::lifecycle {

namespace {

using recipe::Node;

constexpr std::size_t kMostEntries = 2000;  // of one list at the top
constexpr std::size_t kMostListed = 64;     // of a list within an entry
constexpr std::size_t kLongestText = 2000;
constexpr std::size_t kMostShown = 50;  // findings; nobody reads more

class Reader {
 public:
  Lifecycle read(std::string_view text, std::string_view name) {
    const auto root = recipe::parse_document(text, findings_);
    Lifecycle data;
    if (root && !findings_.has_errors()) read_root(*root, data);
    check(name);
    return data;
  }

 private:
  void read_root(const Node& root, Lifecycle& data) {
    if (!is_map(root, {"lifecycle", "kubernetes", "streams", "images", "unsupported"}, "the lifecycle data")) return;
    const Node* version = root.find("lifecycle");
    if (version == nullptr) {
      fault(root, "the key 'lifecycle' is missing; it says which version of the format this is: keelson/1");
    } else if (text_of(*version, "lifecycle") != "keelson/1") {
      fault(*version, "this version of the format is not known; it must be keelson/1");
    }
    each(root, "kubernetes", [&](const Node& entry) { data.kubernetes.push_back(read_clock(entry)); });
    each(root, "streams", [&](const Node& entry) { data.streams.push_back(read_stream(entry)); });
    each(root, "images", [&](const Node& entry) { data.images.push_back(read_image(entry)); });
    each(root, "unsupported", [&](const Node& entry) { data.refusals.push_back(read_refusal(entry)); });
    check_names(root, data);
  }

  KubernetesClock read_clock(const Node& entry) {
    KubernetesClock clock;
    if (!is_map(entry, {"version", "platform", "endOfLife", "longTermSupport", "source", "asOf", "note"},
                "an entry of 'kubernetes'")) {
      return clock;
    }
    if (const Node* version = require(entry, "version")) clock.version = minor_of(*version, "version");
    clock.platform = required_text(entry, "platform");
    clock.end_of_life = day_at(entry, "endOfLife");
    clock.long_term_support = day_at(entry, "longTermSupport");
    clock.origin = read_origin(entry);
    return clock;
  }

  Stream read_stream(const Node& entry) {
    Stream stream;
    if (!is_map(entry,
                {"id", "os", "version", "platform", "osImages", "endOfLife", "longTermSupport", "imagesRemoved",
                 "lastImage", "source", "asOf", "note"},
                "an entry of 'streams'")) {
      return stream;
    }
    stream.id = required_text(entry, "id");
    stream.os = required_text(entry, "os");
    stream.version = text_at(entry, "version");
    stream.platform = text_at(entry, "platform");
    stream.os_images = texts_at(entry, "osImages");
    stream.end_of_life = day_at(entry, "endOfLife");
    stream.long_term_support = day_at(entry, "longTermSupport");
    stream.images_removed = day_at(entry, "imagesRemoved");
    stream.last_image = text_at(entry, "lastImage");
    stream.origin = read_origin(entry);
    return stream;
  }

  Image read_image(const Node& entry) {
    Image image;
    if (!is_map(entry,
                {"platform", "skus", "kubernetes", "architectures", "fips", "secureBoot", "stream", "names", "source",
                 "asOf", "note"},
                "an entry of 'images'")) {
      return image;
    }
    image.platform = required_text(entry, "platform");
    require(entry, "skus");
    image.skus = texts_at(entry, "skus");
    image.kubernetes = range_at(entry);
    image.architectures = texts_at(entry, "architectures");
    image.fips = flag_at(entry, "fips");
    image.secure_boot = flag_at(entry, "secureBoot");
    image.stream = required_text(entry, "stream");
    image.names = texts_at(entry, "names");
    image.origin = read_origin(entry);
    return image;
  }

  Refusal read_refusal(const Node& entry) {
    Refusal refusal;
    if (!is_map(entry,
                {"streams", "platform", "kubernetes", "architectures", "fips", "secureBoot", "why", "source", "asOf",
                 "note"},
                "an entry of 'unsupported'")) {
      return refusal;
    }
    require(entry, "streams");
    refusal.streams = texts_at(entry, "streams");
    refusal.platform = text_at(entry, "platform");
    refusal.kubernetes = range_at(entry);
    refusal.architectures = texts_at(entry, "architectures");
    refusal.fips = flag_at(entry, "fips");
    refusal.secure_boot = flag_at(entry, "secureBoot");
    refusal.why = required_text(entry, "why");
    refusal.origin = read_origin(entry);
    return refusal;
  }

  Origin read_origin(const Node& entry) {
    Origin origin;
    origin.source = required_text(entry, "source");
    require(entry, "asOf");
    if (const auto day = day_at(entry, "asOf")) origin.as_of = *day;
    origin.note = text_at(entry, "note");
    return origin;
  }

  /// What only the whole can show: names that are used and not there, or there twice.
  void check_names(const Node& root, const Lifecycle& data) {
    std::vector<std::string> ids;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < data.streams.size(); ++i) {
      ids.push_back(data.streams[i].id);
      if (!seen.insert(ids.back()).second) fault(item(root, "streams", i), "a stream with this id is there already");
    }
    const auto check = [&](const Node& at, const std::string& id) {
      if (id.empty() || seen.contains(id)) return;
      fault(at, fmt::format("there is no stream {}", recipe::quote(id)), did_you_mean(id, ids));
    };
    for (std::size_t i = 0; i < data.images.size(); ++i) check(item(root, "images", i), data.images[i].stream);
    for (std::size_t i = 0; i < data.refusals.size(); ++i) {
      for (const auto& id : data.refusals[i].streams) check(item(root, "unsupported", i), id);
    }
    std::set<std::pair<KubernetesMinor, std::string>> clocks;
    for (std::size_t i = 0; i < data.kubernetes.size(); ++i) {
      if (!clocks.emplace(data.kubernetes[i].version, data.kubernetes[i].platform).second) {
        fault(item(root, "kubernetes", i), "this version is there already for the same platform");
      }
    }
  }

  static const Node& item(const Node& root, std::string_view list, std::size_t index) {
    return root.find(list)->items[index];
  }

  template <class Body>
  void each(const Node& root, std::string_view key, Body body) {
    const Node* list = root.find(key);
    if (list == nullptr) return;
    if (list->kind != Node::Kind::List || list->items.size() > kMostEntries) {
      return fault(*list, fmt::format("'{}' must be a list of at most {} entries", key, kMostEntries));
    }
    for (const auto& entry : list->items) body(entry);
  }

  bool is_map(const Node& node, const std::vector<std::string>& known, std::string_view what) {
    if (node.kind != Node::Kind::Map) {
      fault(node, fmt::format("{} must be a map of keys and values", what));
      return false;
    }
    for (const auto& entry : node.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      fault(entry.mark, fmt::format("{} has no key {}", what, recipe::quote(entry.key)),
            findings_.full() ? "" : did_you_mean(entry.key, known));
    }
    return true;
  }

  const Node* require(const Node& entry, std::string_view key) {
    const Node* found = entry.find(key);
    if (found == nullptr) fault(entry, fmt::format("the key '{}' is missing", key));
    return found;
  }

  std::string text_of(const Node& node, std::string_view key) {
    if (node.kind != Node::Kind::Scalar || node.text.empty() || node.text.size() > kLongestText) {
      fault(node, fmt::format("'{}' must be a text of at most {} characters", key, kLongestText));
      return {};
    }
    return node.text;
  }
  std::string text_at(const Node& entry, std::string_view key) {
    const Node* found = entry.find(key);
    return found == nullptr ? std::string() : text_of(*found, key);
  }
  std::string required_text(const Node& entry, std::string_view key) {
    const Node* found = require(entry, key);
    return found == nullptr ? std::string() : text_of(*found, key);
  }

  std::vector<std::string> texts_at(const Node& entry, std::string_view key) {
    std::vector<std::string> texts;
    const Node* found = entry.find(key);
    if (found == nullptr) return texts;
    if (found->kind != Node::Kind::List || found->items.empty() || found->items.size() > kMostListed) {
      fault(*found, fmt::format("'{}' must be a list of 1 to {} texts", key, kMostListed));
      return texts;
    }
    for (const auto& each : found->items) texts.push_back(text_of(each, key));
    return texts;
  }

  std::optional<Day> day_at(const Node& entry, std::string_view key) {
    const Node* found = entry.find(key);
    if (found == nullptr) return std::nullopt;
    const auto day = found->kind == Node::Kind::Scalar ? parse_day(found->text) : std::nullopt;
    if (!day) fault(*found, fmt::format("'{}' must be a day such as 2026-03-31, or a month such as 2026-03", key));
    return day;
  }

  std::optional<bool> flag_at(const Node& entry, std::string_view key) {
    const Node* found = entry.find(key);
    if (found == nullptr) return std::nullopt;
    if (found->kind == Node::Kind::Scalar && found->plain && (found->text == "true" || found->text == "false")) {
      return found->text == "true";
    }
    fault(*found, fmt::format("'{}' must be true or false", key));
    return std::nullopt;
  }

  KubernetesMinor minor_of(const Node& node, std::string_view key) {
    const auto version = node.kind == Node::Kind::Scalar ? parse_kubernetes_version(node.text) : std::nullopt;
    // Without quotes other readers of YAML take 1.30 for the number 1.3.
    if (version && !node.plain && version->patch < 0 && version->suffix.empty()) return version->release;
    fault(node, fmt::format("'{}' must be a minor version in quotes, such as \"1.32\"", key));
    return {};
  }

  KubernetesRange range_at(const Node& entry) {
    KubernetesRange range;
    const Node* found = entry.find("kubernetes");
    if (found == nullptr || !is_map(*found, {"from", "to"}, "'kubernetes'")) return range;
    if (const Node* from = found->find("from")) range.from = minor_of(*from, "from");
    if (const Node* to = found->find("to")) range.to = minor_of(*to, "to");
    if (range.from && range.to && *range.to < *range.from) fault(*found, "'from' must not be later than 'to'");
    return range;
  }

  void fault(const Node& node, std::string message, std::string hint = {}) {
    fault(node.mark, std::move(message), std::move(hint));
  }
  void fault(const recipe::Mark& mark, std::string message, std::string hint = {}) {
    recipe::Finding finding;
    finding.line = mark.line;
    finding.column = mark.column;
    finding.message = std::move(message);
    finding.hint = std::move(hint);
    findings_.add(std::move(finding));
  }

  void check(std::string_view name) {
    if (!findings_.has_errors()) return;
    const auto all = findings_.take_sorted();
    std::string text =
        fmt::format("cannot read lifecycle data '{}': {} mistake{}", name, all.size(), all.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < std::min(all.size(), kMostShown); ++i) {
      text += fmt::format("\n  {}:{}:{}: {}", name, all[i].line, all[i].column, all[i].message);
      if (!all[i].hint.empty()) text += fmt::format("; {}", all[i].hint);
    }
    if (all.size() > kMostShown) text += fmt::format("\n  and {} more", all.size() - kMostShown);
    throw Error(ErrorKind::BadInput, std::move(text), "docs/reference/lifecycle.md describes every key");
  }

  recipe::Findings findings_;
};

}  // namespace

Lifecycle parse_lifecycle(std::string_view text, std::string_view name) { return Reader().read(text, name); }

}  // namespace keelson::fleet::lifecycle
