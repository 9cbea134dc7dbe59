/// Facts as one screen for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace keelson::inspect {

enum class Colour { No, Yes };

/// Groups of aligned lines; what is not known has no line, and long lists are cut with their number. The facts were
/// made harmless when they were read. Ends in a newline.
std::string screen(const nlohmann::json& facts, std::string_view target, Colour colour);

}  // namespace keelson::inspect
