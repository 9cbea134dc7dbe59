/// A value in a JSON document that somebody else may have written, with its place for errors: "spec.batches[2].nodes".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/rollout/spec.h"

namespace keelson::fleet {

/// Refers to the document, which must outlive it. Every reader throws Error(BadInput) for what is missing or of another
/// type.
class Field {
 public:
  /// @param name what errors call the document; must outlive this.
  Field(const nlohmann::json& document, std::string_view name);

  bool is_there() const { return value_ != nullptr; }
  /// A member, which need not be there; this must be an object, or not be there.
  Field at(std::string_view key) const;

  std::string text() const;  ///< not empty, at most 4096 bytes
  std::string text_or(std::string_view otherwise) const;
  bool flag_or(bool otherwise) const;
  std::int64_t number() const;          ///< 0 to 1,000,000,000
  std::chrono::seconds length() const;  ///< "30m", at most a year
  Moment moment() const;                ///< RFC 3339
  Limit limit() const;                  ///< 3 or "10%"
  /// Of a list that is missing: none.
  std::vector<Field> items(std::size_t most) const;
  std::vector<std::string> texts(std::size_t most) const;
  std::vector<std::pair<std::string, Field>> members(std::size_t most) const;

  [[noreturn]] void refuse(std::string_view why) const;

 private:
  Field(const nlohmann::json* value, std::string place, std::string_view name)
      : value_(value), place_(std::move(place)), name_(name) {}
  const nlohmann::json& require() const;

  const nlohmann::json* value_ = nullptr;
  std::string place_;
  std::string_view name_;
};

}  // namespace keelson::fleet
