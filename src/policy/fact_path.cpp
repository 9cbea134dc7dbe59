#include "policy/fact_path.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace keelson::policy {

namespace {

using nlohmann::json;

constexpr std::size_t kLongest = 256;
constexpr std::size_t kMostCollected = 10000;
constexpr std::string_view kEach = "[*]";

struct Part {
  std::string_view name;
  std::string_view key;  // "": no brackets; "*": every entry
  std::string_view value;
};

std::optional<Part> read_part(std::string_view text, std::size_t& at) {
  Part part;
  const auto end = std::min(text.find_first_of(".[", at), text.size());
  part.name = text.substr(at, end - at);
  at = end;
  if (part.name.empty() || part.name.find(']') != std::string_view::npos) return std::nullopt;
  if (at == text.size() || text[at] == '.') return part;
  const auto close = text.find(']', at);
  if (text.substr(at).starts_with(kEach)) {
    part.key = "*";
    at += kEach.size();
    if (at < text.size() && text[at] != '.') return std::nullopt;
    return part;
  }
  const auto equals = text.find('=', at);
  if (close == std::string_view::npos || equals > close) return std::nullopt;
  part.key = text.substr(at + 1, equals - at - 1);
  part.value = text.substr(equals + 1, close - equals - 1);
  at = close + 1;
  if (part.key.empty() || part.value.empty() || (at < text.size() && text[at] != '.')) return std::nullopt;
  return part;
}

// Empty for what is no path.
std::vector<Part> parts_of(std::string_view path) {
  std::vector<Part> parts;
  if (path.empty() || path.size() > kLongest) return parts;
  for (std::size_t at = 0;; ++at) {
    const auto part = read_part(path, at);
    if (!part) return {};
    parts.push_back(*part);
    if (at == path.size()) return parts;
  }
}

bool is_entry(const json& item, const Part& part) {
  if (!item.is_object()) return false;
  const auto value = item.find(part.key);
  if (value == item.end()) return false;
  return value->is_string() ? value->get_ref<const std::string&>() == part.value : value->dump() == part.value;
}

const json* find_entry(const json& list, const Part& part) {
  if (!list.is_array() || part.key == "*") return nullptr;
  for (const auto& item : list) {
    if (is_entry(item, part)) return &item;
  }
  return nullptr;
}

// A list of an entry is taken apart: what is collected is one list.
void collect(json& collected, const json& value) {
  const auto add = [&](const json& item) {
    if (collected.size() < kMostCollected) collected.push_back(item);
  };
  if (!value.is_array()) return add(value);
  for (const auto& item : value) add(item);
}

}  // namespace

bool is_fact_path(std::string_view path) { return !parts_of(path).empty(); }

const json* find_fact(const json& facts, std::string_view path) {
  const auto parts = parts_of(path);
  const json* here = parts.empty() ? nullptr : &facts;
  for (const auto& part : parts) {
    if (!here->is_object()) return nullptr;
    const auto found = here->find(part.name);
    if (found == here->end()) return nullptr;
    here = part.key.empty() ? &*found : find_entry(*found, part);
    if (here == nullptr) return nullptr;
  }
  return here == nullptr || here->is_null() ? nullptr : here;
}

std::optional<json> fact_at(const json& facts, std::string_view path) {
  const auto each = path.find(kEach);
  if (each == std::string_view::npos) {
    const json* fact = find_fact(facts, path);
    return fact == nullptr ? std::nullopt : std::optional(*fact);
  }
  const json* list = find_fact(facts, path.substr(0, each));
  if (list == nullptr || !list->is_array() || !is_fact_path(path)) return std::nullopt;
  const auto rest = path.substr(each + kEach.size());
  json collected = json::array();
  for (const auto& entry : *list) {
    const auto value = rest.empty() ? std::optional(entry) : fact_at(entry, rest.substr(1));
    if (value) collect(collected, *value);
  }
  return collected;
}

}  // namespace keelson::policy
