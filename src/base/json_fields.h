/// Reads a JSON document of ours that came from outside: every field is asked for by name and type, and what is wrong
/// is named by its place in the document.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/uuid.h"

namespace keelson {

/// What errors call the document: "cannot read <kind> '<name>': …". Must outlive the fields that are read through it.
struct JsonDocumentName {
  std::string_view kind;  ///< "lock"
  std::string_view name;  ///< the file's path
  std::string_view hint;  ///< what to do about a bad one; may be empty

  /// @throws Error(BadInput), always.
  [[noreturn]] void refuse(std::string_view why) const;
};

/// The fields of one object; refers to the object, which must outlive it. Every reader throws Error(BadInput) when the
/// field is missing or of another type.
class JsonFields {
 public:
  /// @param where the object's place in the document: "packages[3]". @throws Error(BadInput) if it is no object.
  JsonFields(const nlohmann::json& object, std::string where, const JsonDocumentName& document);

  std::string text(const char* key) const;
  std::uint64_t number(const char* key) const;
  /// Seconds since 1970, at most the end of the year 9999: more digits are no time but a mistake.
  std::int64_t time(const char* key) const;
  bool flag(const char* key) const;  ///< true only if it is there and true
  Sha256 digest(const char* key) const;
  Uuid uuid(const char* key) const;
  /// @param most entries that are allowed.
  const nlohmann::json& list(const char* key, std::size_t most) const;
  JsonFields object(const char* key) const;

 private:
  const nlohmann::json& at(const char* key) const;
  [[noreturn]] void refuse(const char* key, std::string_view why) const;

  const nlohmann::json& object_;
  std::string where_;
  const JsonDocumentName& document_;
};

}  // namespace keelson
