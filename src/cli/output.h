/// What a verb prints on standard output.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace keelson::cli {

/// The one JSON document of a verb called with --json.
void print_json(const nlohmann::json& result);
/// Text as it is.
void print_text(std::string_view text);

/// An error as `--json` shows it on standard error: {"error": {kind, message, context, hint, exitCode}}.
std::string error_json(const Error& error);

/// Runs a verb and turns what it throws into a message on standard error and an exit code: the one catch of a process.
int guarded(bool json, const std::function<int()>& body);

/// Seconds since the epoch, now: the only place where the clock is read.
std::int64_t current_time();
/// SOURCE_DATE_EPOCH of the environment: the time that what is made shall have. Nothing when it is not set.
/// @throws Error(Usage) when it is no whole number of seconds.
std::optional<std::int64_t> source_date_epoch();

}  // namespace keelson::cli
