/// What a program said, as the message of a result.
#pragma once

#include <string>
#include <string_view>

namespace keelson::fleet {

/// The last line that is not empty: harmless, at most 200 bytes.
std::string last_words(std::string_view output);

}  // namespace keelson::fleet
