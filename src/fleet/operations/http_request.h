/// The head of an HTTP request, read strictly: enough of it to answer GET and HEAD, and to refuse the rest.
/// Source: RFC 9112 (HTTP/1.1), 3 "Request Line", 5 "Field Syntax", 3.2 "Request Target"; RFC 9110 9.1 "Methods".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keelson::fleet {

struct HttpRequest {
  std::string method;  ///< "GET"
  std::string path;    ///< without its query; not decoded
};

/// Either the request, or the status with which it is refused: 400, 405, 505.
struct ParsedRequest {
  std::optional<HttpRequest> request;
  int refused = 400;
};

/// @param head untrusted: all up to and without the empty line that ends it; bounded by the caller.
ParsedRequest parse_http_request(std::string_view head);

}  // namespace keelson::fleet
