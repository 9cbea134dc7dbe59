/// Paths into facts: "versions.kernel"; "hardening.checks[id=cis-1.1.1].result" for the entry of a list by one of its
/// keys, whose value may hold dots; "ukis[*].commandLine" for what all entries of a list have.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace keelson::policy {

/// Not empty, at most 256 bytes, each part named, each bracket closed and of the form [key=value] or [*].
bool is_fact_path(std::string_view path);

/// What is there, or nullptr: also for null, for what is no valid path, and for one with [*].
const nlohmann::json* find_fact(const nlohmann::json& facts, std::string_view path);

/// The same by value. With [*] it is a list of what the entries have, at most 10,000: lists among that are taken apart,
/// and entries without it are passed over. Nothing when the list itself is missing.
std::optional<nlohmann::json> fact_at(const nlohmann::json& facts, std::string_view path);

}  // namespace keelson::policy
