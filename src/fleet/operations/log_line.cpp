#include "fleet/operations/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/harmless_text.h"

namespace keelson::fleet {

namespace {

using Json = nlohmann::ordered_json;

// A server's whole answer can be in an error's message.
constexpr std::size_t kLongestText = 4096;

// Control characters, broken UTF-8 and marks of direction are '?' in it; line feeds and tabs are still there.
std::string shown(std::string_view text) {
  if (text.size() <= kLongestText) return harmless_text(text);
  return harmless_text(text.substr(0, kLongestText)) + "…";
}

Json json_value(const LogField::Value& value) {
  return std::visit(
      [](const auto& one) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::string>) return shown(one);
        // JSON has no NaN.
        else if constexpr (std::is_same_v<std::decay_t<decltype(one)>, double>)
          return std::isfinite(one) ? Json(one) : Json(fmt::format("{}", one));
        else
          return one;
      },
      value);
}

std::string json_line(const LogLine& line) {
  Json object{{"time", line.time}, {"level", log_level_name(line.level)}, {"message", shown(line.message)}};
  for (const auto& field : line.fields) {
    if (!object.contains(field.key)) object[field.key] = json_value(field.value);
  }
  if (line.repeated > 0) object["repeated"] = line.repeated;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string in_one_line(std::string_view text) {
  std::string harmless;
  for (const char c : shown(text)) {
    if (c == '\n') {
      harmless += "\\n";
    } else if (c == '\t') {
      harmless += "\\t";
    } else {
      harmless += c;
    }
  }
  return harmless;
}

std::string quoted_if_needed(std::string_view text) {
  const auto line = in_one_line(text);
  const bool plain = !line.empty() && line.find_first_of(" =\"\\") == std::string::npos;
  if (plain) return line;
  std::string quoted = "\"";
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted += '\\';
    quoted += line[i];
  }
  return quoted + '"';
}

std::string text_value(const LogField::Value& value) {
  return std::visit(
      [](const auto& one) {
        if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::string>)
          return quoted_if_needed(one);
        else
          return fmt::format("{}", one);
      },
      value);
}

std::string text_line(const LogLine& line) {
  std::string level(log_level_name(line.level));
  std::ranges::transform(level, level.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  auto text = fmt::format("{} {:<7} {}", line.time, level, in_one_line(line.message));
  for (const auto& field : line.fields) text += fmt::format(" {}={}", field.key, text_value(field.value));
  if (line.repeated > 0) text += fmt::format(" … repeated {} times", line.repeated);
  return text + '\n';
}

}  // namespace

std::string log_line(const LogLine& line, LogFormat format) {
  return format == LogFormat::Json ? json_line(line) : text_line(line);
}

}  // namespace keelson::fleet
