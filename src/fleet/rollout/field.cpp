#include "fleet/rollout/field.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/error.h"
#include "base/harmless_text.h"
#include "base/timestamp.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::int64_t kLargestNumber = 1'000'000'000;
constexpr std::chrono::hours kLongest{366 * 24};

}  // namespace

Field::Field(const nlohmann::json& document, std::string_view name) : value_(&document), name_(name) {}

void Field::refuse(std::string_view why) const {
  const std::string where = place_.empty() ? "" : fmt::format("{}: ", place_);
  throw Error(ErrorKind::BadInput, harmless_text(fmt::format("cannot read '{}': {}{}", name_, where, why)));
}

const nlohmann::json& Field::require() const {
  if (value_ == nullptr) refuse("it is missing");
  return *value_;
}

Field Field::at(std::string_view key) const {
  std::string place = place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
  if (value_ == nullptr) return {nullptr, std::move(place), name_};
  if (!value_->is_object()) refuse("it is no object");
  const auto found = value_->find(key);
  const bool there = found != value_->end() && !found->is_null();
  return {there ? &*found : nullptr, std::move(place), name_};
}

std::string Field::text() const {
  const auto& value = require();
  if (!value.is_string()) refuse("it is no text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty()) refuse("it is empty");
  if (text.size() > kLongestText) refuse("it is too long");
  return text;
}

std::string Field::text_or(std::string_view otherwise) const {
  if (value_ == nullptr) return std::string(otherwise);
  if (value_->is_string() && value_->get_ref<const std::string&>().empty()) return {};
  return text();
}

bool Field::flag_or(bool otherwise) const {
  if (value_ == nullptr) return otherwise;
  if (!value_->is_boolean()) refuse("it is neither true nor false");
  return value_->get<bool>();
}

std::int64_t Field::number() const {
  const auto& value = require();
  if (!value.is_number_integer()) refuse("it is no whole number");
  // A number above the range of 64 signed bits is kept as an unsigned one, and would turn negative.
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargestNumber) refuse("it is too large");
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > kLargestNumber) refuse("it must be from 0 to 1000000000");
  return number;
}

std::chrono::seconds Field::length() const {
  const std::string said = text();
  const auto length = parse_duration(said);
  if (!length || *length > kLongest) refuse(fmt::format("'{}' is no length of time up to a year, such as 30m", said));
  return *length;
}

Moment Field::moment() const {
  const std::string said = text();
  const auto seconds = parse_timestamp(said);
  if (!seconds) refuse(fmt::format("'{}' is no time, such as 2026-11-26T10:00:00Z", said));
  return Moment{std::chrono::seconds(*seconds)};
}

Limit Field::limit() const {
  if (require().is_number()) return {number(), false};
  const std::string said = text();
  std::int64_t percent = 0;
  const auto end = std::from_chars(said.data(), said.data() + said.size(), percent);
  const bool good = end.ec == std::errc{} && std::string_view(end.ptr, said.data() + said.size()) == "%";
  if (!good || percent < 0 || percent > 100)
    refuse(fmt::format("'{}' is neither a number nor a share, such as 10%", said));
  return {percent, true};
}

std::vector<Field> Field::items(std::size_t most) const {
  if (value_ == nullptr) return {};
  if (!value_->is_array()) refuse("it is no list");
  if (value_->size() > most) refuse(fmt::format("it has more than {} entries", most));
  std::vector<Field> fields;
  for (const auto& item : *value_) fields.push_back({&item, fmt::format("{}[{}]", place_, fields.size()), name_});
  return fields;
}

std::vector<std::string> Field::texts(std::size_t most) const {
  std::vector<std::string> all;
  for (const auto& item : items(most)) all.push_back(item.text());
  return all;
}

std::vector<std::pair<std::string, Field>> Field::members(std::size_t most) const {
  const auto& value = require();
  if (!value.is_object()) refuse("it is no object");
  if (value.size() > most) refuse(fmt::format("it has more than {} entries", most));
  std::vector<std::pair<std::string, Field>> fields;
  for (const auto& [key, member] : value.items()) fields.emplace_back(key, at(key));
  return fields;
}

}  // namespace keelson::fleet
