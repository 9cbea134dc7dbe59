#include "base/json_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson {

namespace {

constexpr std::size_t kMostShown = 80;  // bytes of what somebody wrote, in a finding

std::string shown(std::string_view text) {
  if (text.size() <= kMostShown) return harmless_text(text);
  return harmless_text(text.substr(0, kMostShown)) + " …";
}

bool has_control_character(std::string_view text, JsonPlace::Lines lines) {
  return std::any_of(text.begin(), text.end(), [lines](char c) {
    if (lines == JsonPlace::Lines::Many && (c == '\n' || c == '\t')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

std::vector<std::string> words(std::span<const std::string_view> choices) { return {choices.begin(), choices.end()}; }

}  // namespace

void JsonFindings::add(std::string_view place, std::string_view why) {
  ++count_;
  if (texts_.size() < kMost) texts_.push_back(fmt::format("{}: {}", place, why));
}

void JsonFindings::refuse_if_any(std::string_view kind, std::string_view name) const {
  if (!any()) return;
  const std::string what = fmt::format("cannot read {} '{}': ", kind, shown(name));
  if (count_ == 1) throw Error(ErrorKind::BadInput, what + texts_.front());
  std::string text = fmt::format("{}{} mistakes\n  {}", what, count_, fmt::join(texts_, "\n  "));
  if (count_ > texts_.size()) text += fmt::format("\n  and {} more", count_ - texts_.size());
  throw Error(ErrorKind::BadInput, std::move(text));
}

JsonPlace JsonPlace::member(std::string_view key) const {
  std::string where = where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
  if (value_ == nullptr || !value_->is_object()) return {nullptr, std::move(where), *findings_};
  const auto found = value_->find(std::string(key));
  const bool there = found != value_->end() && !found->is_null();
  return {there ? &*found : nullptr, std::move(where), *findings_};
}

JsonPlace JsonPlace::require(std::string_view key) const {
  JsonPlace found = member(key);
  if (!found.is_there() && value_ != nullptr && value_->is_object()) found.wrong("is missing");
  return found;
}

bool JsonPlace::check_members(std::span<const std::string_view> known) const {
  if (value_ == nullptr) return false;
  if (!value_->is_object()) {
    wrong("is not an object");
    return false;
  }
  for (const auto& [key, member] : value_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string instead = key.size() > kMostShown ? "" : did_you_mean(key, words(known));
    findings_->add(fmt::format("{}{}{}", where_, where_.empty() ? "" : ".", shown(key)),
                   instead.empty() ? "is not known here" : "is not known here; " + instead);
  }
  return true;
}

std::optional<std::string> JsonPlace::text(std::size_t most, Lines lines) const {
  if (value_ == nullptr) return std::nullopt;
  if (!value_->is_string()) {
    wrong("is not a text");
    return std::nullopt;
  }
  const auto& text = value_->get_ref<const std::string&>();
  if (text.empty()) {
    wrong("is empty");
  } else if (text.size() > most) {
    wrong(fmt::format("is longer than {} bytes", most));
  } else if (has_control_character(text, lines)) {
    wrong("holds control characters");
  } else {
    return text;
  }
  return std::nullopt;
}

std::optional<std::int64_t> JsonPlace::whole(std::int64_t least, std::int64_t most) const {
  if (value_ == nullptr) return std::nullopt;
  const bool fits = value_->is_number_unsigned() ? value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)
                                                 : value_->is_number_integer();
  if (fits) {
    const auto number = value_->get<std::int64_t>();
    if (number >= least && number <= most) return number;
  }
  wrong(fmt::format("is not a whole number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<double> JsonPlace::number(double least, double most) const {
  if (value_ == nullptr) return std::nullopt;
  if (value_->is_number()) {
    const auto number = value_->get<double>();
    if (std::isfinite(number) && number >= least && number <= most) return number;
  }
  wrong(fmt::format("is not a number from {} to {}", least, most));
  return std::nullopt;
}

std::optional<bool> JsonPlace::flag() const {
  if (value_ == nullptr) return std::nullopt;
  if (value_->is_boolean()) return value_->get<bool>();
  wrong("is neither true nor false");
  return std::nullopt;
}

std::optional<std::chrono::seconds> JsonPlace::duration(std::chrono::seconds least, std::chrono::seconds most) const {
  const auto written = text(32);
  if (!written) return std::nullopt;
  const auto length = parse_duration(*written);
  if (length && *length >= least && *length <= most) return length;
  wrong(fmt::format("'{}' is not a time from {} to {} ('90s', '10m', '4h')", shown(*written), human_duration(least),
                    human_duration(most)));
  return std::nullopt;
}

std::optional<std::size_t> JsonPlace::choice(std::span<const std::string_view> choices) const {
  const auto written = text(64);
  if (!written) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), *written);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  const auto known = words(choices);
  const std::string instead = did_you_mean(*written, known);
  wrong(fmt::format("'{}' is not {}{}{}", shown(*written), join_words(known, "or"), instead.empty() ? "" : "; ",
                    instead));
  return std::nullopt;
}

std::vector<JsonPlace> JsonPlace::list(std::size_t least, std::size_t most) const {
  std::vector<JsonPlace> places;
  if (value_ == nullptr) return places;
  if (!value_->is_array()) {
    wrong("is not a list");
  } else if (value_->size() < least || value_->size() > most) {
    wrong(fmt::format("has {} entries, not {} to {}", value_->size(), least, most));
  } else {
    for (std::size_t i = 0; i < value_->size(); ++i)
      places.emplace_back(&(*value_)[i], fmt::format("{}[{}]", where_, i), *findings_);
  }
  return places;
}

}  // namespace keelson
