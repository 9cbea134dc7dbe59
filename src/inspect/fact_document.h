/// Facts that somebody kept: what `keelson inspect --json` and `keelson boot --facts` printed.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/units.h"

namespace keelson::inspect {

inline constexpr ByteCount kLargestDocument = mebibytes(256);

/// Whether a file begins like text that people keep, and so is no disk.
bool is_document(const std::filesystem::path& path);

/// The facts themselves; or those beside the verdicts, as `check --json` and `boot --check --json` print them.
/// @param text untrusted. @param name what it was called, for messages.
/// @throws Error(BadInput) for what is no such document, or nested deeper than facts are.
nlohmann::json parse_fact_document(const std::string& text, const std::string& name);

}  // namespace keelson::inspect
