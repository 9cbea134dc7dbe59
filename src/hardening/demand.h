/// The small language of a row's `wanted`.
#pragma once

#include <string_view>

namespace keelson::hardening {

/// Alternatives are separated by '|'. Each is a word; ">=N" or "<=N" (a whole number); "!word" (anything else, absence
/// included); "-" (absent or empty);
/// or "+" (there, whatever it is).
/// @param value what was found; "" when there is nothing.
bool satisfies(std::string_view value, std::string_view wanted);

/// A file's mode and owner, "0640 root:shadow", against the most that is allowed: no further bit may be set. Owners are
/// separated by '|': "0640 root:shadow|root:root". A link's own mode means nothing.
bool is_closed(std::string_view value, std::string_view wanted);

}  // namespace keelson::hardening
