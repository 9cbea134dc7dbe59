#include "fleet/back_ends/last_words.h"

#include <algorithm>

#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::fleet {

std::string last_words(std::string_view output) {
  constexpr std::size_t kMost = 200;
  const std::string_view all = trim(output);
  std::string_view line = trim(all.substr(all.rfind('\n') + 1));  // npos + 1 is 0
  const bool cut = line.size() > kMost;
  if (cut) line = line.substr(0, kMost);
  // Not in the middle of a character.
  while (cut && !line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0U) == 0x80U) line.remove_suffix(1);
  if (cut && !line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0U) line.remove_suffix(1);
  std::string words = harmless_text(line) + (cut ? " …" : "");
  std::replace(words.begin(), words.end(), '\t', ' ');
  return words;
}

}  // namespace keelson::fleet
