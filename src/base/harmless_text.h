/// Text from outside, made fit for a terminal and for JSON.
#pragma once

#include <string>
#include <string_view>

namespace keelson {

/// The text with invalid UTF-8, control characters (but not tab and line feed) and marks of direction replaced by '?'.
std::string harmless_text(std::string_view text);

}  // namespace keelson
