#include "base/json_fields.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace keelson {

namespace {

constexpr std::uint64_t kLatestTime = 253'402'300'799;  // 9999-12-31T23:59:59Z

}  // namespace

void JsonDocumentName::refuse(std::string_view why) const {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read {} '{}': {}", kind, name, why), std::string(hint));
}

JsonFields::JsonFields(const nlohmann::json& object, std::string where, const JsonDocumentName& document)
    : object_(object), where_(std::move(where)), document_(document) {
  if (!object.is_object()) document_.refuse(where_ + " is not an object");
}

std::string JsonFields::text(const char* key) const {
  const auto& value = at(key);
  if (!value.is_string()) refuse(key, "is not a string");
  return value.get<std::string>();
}

std::uint64_t JsonFields::number(const char* key) const {
  const auto& value = at(key);
  if (!value.is_number_unsigned()) refuse(key, "is not a non-negative whole number");
  return value.get<std::uint64_t>();
}

std::int64_t JsonFields::time(const char* key) const {
  const std::uint64_t value = number(key);
  if (value > kLatestTime) refuse(key, "is later than the year 9999");
  return static_cast<std::int64_t>(value);
}

bool JsonFields::flag(const char* key) const { return object_.contains(key) && at(key) == nlohmann::json(true); }

Sha256 JsonFields::digest(const char* key) const {
  const std::string value = text(key);
  try {
    return parse_sha256(value);
  } catch (const Error&) {
    refuse(key, "is not a SHA-256 digest");
  }
}

Uuid JsonFields::uuid(const char* key) const {
  const std::string value = text(key);
  try {
    return parse_uuid(value);
  } catch (const Error&) {
    refuse(key, "is not a UUID");
  }
}

const nlohmann::json& JsonFields::list(const char* key, std::size_t most) const {
  const auto& value = at(key);
  if (!value.is_array()) refuse(key, "is not a list");
  if (value.size() > most) refuse(key, fmt::format("has more than {} entries", most));
  return value;
}

JsonFields JsonFields::object(const char* key) const { return {at(key), fmt::format("{}.{}", where_, key), document_}; }

const nlohmann::json& JsonFields::at(const char* key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) refuse(key, "is missing");
  return *found;
}

void JsonFields::refuse(const char* key, std::string_view why) const {
  document_.refuse(fmt::format("{}.{} {}", where_, key, why));
}

}  // namespace keelson
