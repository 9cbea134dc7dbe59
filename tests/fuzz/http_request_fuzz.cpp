// The head of a request to the controller's pages: what anybody on the cluster's network may send.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fleet/operations/http_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = keelson::fleet::parse_http_request({reinterpret_cast<const char*>(data), size});
  if (parsed.request) {
    const auto& request = *parsed.request;
    if (request.method != "GET" && request.method != "HEAD") std::abort();
    if (!request.path.starts_with('/') || request.path.find_first_of("? \r\n") != std::string::npos) std::abort();
  } else if (parsed.refused != 400 && parsed.refused != 405 && parsed.refused != 505) {
    std::abort();
  }
  return 0;
}
