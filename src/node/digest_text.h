/// "sha256:" and 64 hexadecimal digits in lower case: how the API's resources write digests.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/sha256.h"

namespace keelson::node {

inline bool is_hex_digest(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
         });
}

inline bool is_digest(std::string_view text) {
  return text.starts_with("sha256:") && is_hex_digest(text.substr(std::string_view("sha256:").size()));
}

inline std::string digest_text(const Sha256& digest) { return "sha256:" + digest.hex(); }

}  // namespace keelson::node
