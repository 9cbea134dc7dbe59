/// Reads a JSON document that a person wrote: everything that is wrong with it is collected, each thing with its place,
/// and told at once. (JsonFields is for documents of our own making: it stops at the first.)
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

class JsonFindings {
 public:
  static constexpr std::size_t kMost = 32;  ///< more than these are counted, not kept

  /// "spec.start: is missing"
  void add(std::string_view place, std::string_view why);
  bool any() const { return count_ > 0; }
  std::size_t count() const { return count_; }
  const std::vector<std::string>& texts() const { return texts_; }
  /// @throws Error(BadInput) "cannot read <kind> '<name>': <place>: <why>" when there is one; of several, a line for
  /// each.
  void refuse_if_any(std::string_view kind, std::string_view name) const;

 private:
  std::vector<std::string> texts_;
  std::size_t count_ = 0;
};

/// A value and where it stands. Every reader answers with nothing when the value is not what it must be, and has then
/// added a finding; of a value that is not there (which require() has told of, where it matters) they just answer
/// nothing. Refers to the document and the findings, which must outlive it.
class JsonPlace {
 public:
  JsonPlace(const nlohmann::json* value, std::string where, JsonFindings& findings)
      : value_(value), where_(std::move(where)), findings_(&findings) {}

  bool is_there() const { return value_ != nullptr; }
  const std::string& where() const { return where_; }
  const nlohmann::json* value() const { return value_; }
  void wrong(std::string_view why) const { findings_->add(where_, why); }

  /// A member; one that is missing or null is not there.
  JsonPlace member(std::string_view key) const;
  /// The same, and a finding when it is not there.
  JsonPlace require(std::string_view key) const;
  /// That it is an object with no other members than these; a mistyped one gets "did you mean".
  bool check_members(std::span<const std::string_view> known) const;

  enum class Lines { One, Many };
  /// Not empty; without control characters, but for line feeds and tabs among many lines.
  std::optional<std::string> text(std::size_t most = 256, Lines lines = Lines::One) const;
  std::optional<std::int64_t> whole(std::int64_t least, std::int64_t most) const;
  std::optional<double> number(double least, double most) const;
  std::optional<bool> flag() const;
  /// "90s", "10m", "4h", as parse_duration() reads it.
  std::optional<std::chrono::seconds> duration(std::chrono::seconds least, std::chrono::seconds most) const;
  /// The index of the text among the choices.
  std::optional<std::size_t> choice(std::span<const std::string_view> choices) const;
  std::vector<JsonPlace> list(std::size_t least, std::size_t most) const;

 private:
  const nlohmann::json* value_;
  std::string where_;
  JsonFindings* findings_;
};

}  // namespace keelson
