/// One fact of a document, by its place, for who shows facts to people. A fact that is not there has no words.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace keelson::inspect {

/// @param place a JSON pointer: "/versions/kernel". null when it is not known.
const nlohmann::json& fact_at(const nlohmann::json& facts, const char* place);

/// A text as it is, "" of null, all else as JSON.
std::string fact_words(const nlohmann::json& value);
std::string fact_text(const nlohmann::json& facts, const char* place);

/// "12 MiB" of a number of bytes; "" of anything else.
std::string fact_size(const nlohmann::json& value);

}  // namespace keelson::inspect
