/// Facts that somebody kept: what `keelson inspect --json` and `keelson boot --facts` printed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace keelson::inspect {

/// The facts themselves; or those beside the verdicts, as `check --json` and `boot --check --json` print them.
/// @param text untrusted. @param name what it was called, for messages.
/// @throws Error(BadInput) for what is no such document, or nested deeper than facts are.
nlohmann::json parse_fact_document(const std::string& text, const std::string& name);

}  // namespace keelson::inspect
