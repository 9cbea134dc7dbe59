/// What facts say of the subject of a check. Facts may be of any shape: nothing here throws for them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "hardening/check.h"

namespace keelson::hardening {

/// The fact at a dotted path, or nothing.
const nlohmann::json* find_fact(const nlohmann::json& facts, std::string_view path);

/// The value in the form that `wanted` speaks of: "" when the system has none, nothing when the facts don't say.
std::optional<std::string> value_of(const Check& check, const nlohmann::json& facts);

/// Why the row says nothing of this system, or "".
std::string not_applicable_because(const Check& check, const nlohmann::json& facts);

}  // namespace keelson::hardening
