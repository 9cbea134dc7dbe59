#include "fleet/operations/http_request.h"

#include <algorithm>

namespace keelson::fleet {

namespace {

// RFC 9110, 5.6.2: what a method's and a field's name consist of.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}

bool is_host(std::string_view name) {
  constexpr std::string_view kHost = "host";
  return std::ranges::equal(name, kHost, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// The text up to the next line end, which must be CR LF; taken from `rest`.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
  return line;
}

// How many Host fields there are, or -1 for fields that are none.
int hosts_in(std::string_view rest) {
  int hosts = 0;
  while (!rest.empty()) {
    const auto line = take_line(rest);
    const auto colon = line.find(':');
    // A name that ends in a space, or a line that goes on with the last, has been the way into many a server.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || has_control(line)) return -1;
    if (is_host(line.substr(0, colon))) ++hosts;
  }
  return hosts;
}

}  // namespace

ParsedRequest parse_http_request(std::string_view head) {
  auto rest = head;
  const auto line = take_line(rest);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {};
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || target.empty() || !is_visible(target)) return {};
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.') return {};
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return {.refused = 505};
  const int hosts = hosts_in(rest);
  if (hosts < 0 || hosts > 1 || (hosts == 0 && version == "HTTP/1.1")) return {};
  if (method != "GET" && method != "HEAD") return {.refused = 405};
  if (!target.starts_with('/')) return {};
  return {.request = HttpRequest{std::string(method), std::string(target.substr(0, target.find('?')))}};
}

}  // namespace keelson::fleet
