#include "kube/transport.h"

#include <fmt/format.h>

namespace keelson::kube {

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string target_of(const Request& request) {
  std::string result = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    result += separator + percent_encoded(name) + '=' + percent_encoded(value);
    separator = '&';
  }
  return result;
}

}  // namespace keelson::kube
