#include "kube/json_text.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson::kube {

namespace {

/// Whether brackets outside of strings ever stand deeper than the bound. Says nothing of whether the text is JSON.
bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMostJsonDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view what) {
  if (is_too_deep(text)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read {}: it is nested deeper than {} levels", what, kMostJsonDepth));
  }
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read {}: it is no JSON (at byte {})", what, error.byte));
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read {}: it holds a number that is too large", what));
  }
}

std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace keelson::kube
