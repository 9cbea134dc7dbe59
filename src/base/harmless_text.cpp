#include "base/harmless_text.h"

namespace keelson {

namespace {

// Length of the valid UTF-8 sequence at the beginning, or 0. RFC 3629 section 4: no overlong forms, no surrogates.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                   (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ||
                   (first == 0xc2 && second < 0xa0);
  return bad ? 0 : length;
}

// Unicode's marks that turn the direction of what follows (U+202A to U+202E, U+2066 to U+2069): with them a name shows
// as another than it is. UAX #9, 2.
bool turns_direction(std::string_view character) {
  const auto third = [&] { return static_cast<unsigned char>(character[2]); };
  return character.size() == 3 && ((character.starts_with("\xe2\x80") && third() >= 0xaa && third() <= 0xae) ||
                                   (character.starts_with("\xe2\x81") && third() >= 0xa6 && third() <= 0xa9));
}

}  // namespace

std::string harmless_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = sequence_length(text);
    if (length == 0 || (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f) {
      result += '?';
      text.remove_prefix(1);
    } else if (turns_direction(text.substr(0, length))) {
      result += '?';
      text.remove_prefix(length);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return result;
}

}  // namespace keelson
