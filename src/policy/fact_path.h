/// Paths into facts: "versions.kernel"; "hardening.checks[id=cis-1.1.1].result" for the entry of a list by one of its
/// keys, whose value may hold dots.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace keelson::policy {

/// Not empty, at most 256 bytes, each part named, each bracket closed and of the form [key=value].
bool is_fact_path(std::string_view path);

/// What is there, or nullptr: also for null, and for what is no valid path.
const nlohmann::json* find_fact(const nlohmann::json& facts, std::string_view path);

}  // namespace keelson::policy
