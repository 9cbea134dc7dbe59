#include "fleet/operations/http_request.h"

#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

int refused(std::string_view head) {
  const auto parsed = parse_http_request(head);
  return parsed.request ? 200 : parsed.refused;
}

TEST(HttpRequest, IsReadWithoutItsQuery) {
  const auto parsed = parse_http_request("GET /metrics?name=a%20b HTTP/1.1\r\nHost: a:8080\r\nAccept: */*");
  ASSERT_TRUE(parsed.request);
  EXPECT_EQ(parsed.request->method, "GET");
  EXPECT_EQ(parsed.request->path, "/metrics");
}

TEST(HttpRequest, OfVersionOneNeedsNoHost) { EXPECT_EQ(refused("HEAD /healthz HTTP/1.0"), 200); }

TEST(HttpRequest, OtherMethodsAreNotAllowed) {
  EXPECT_EQ(refused("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3"), 405);
  EXPECT_EQ(refused("OPTIONS * HTTP/1.1\r\nHost: a"), 405);
  EXPECT_EQ(refused("get / HTTP/1.1\r\nHost: a"), 405);  // methods know case
}

TEST(HttpRequest, OtherVersionsAreNotSupported) {
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: a"), 505);
  EXPECT_EQ(refused("GET / HTTP/1.2\r\nHost: a"), 505);
}

TEST(HttpRequest, WhatBreaksTheRulesIsRefused) {
  for (const std::string_view head : {
           std::string_view(""), std::string_view("GET"), std::string_view("GET /"),
           std::string_view("GET  HTTP/1.1\r\nHost: a"),
           std::string_view("GET / HTTP/1.1"),                        // no Host
           std::string_view("GET / HTTP/1.1\r\nHost: a\r\nHost: b"),  // two
           std::string_view("GET / HTTP/1.1\r\nHost : a"), std::string_view("GET / HTTP/1.1\r\nHost: a\r\n folded"),
           std::string_view("GET / HTTP/1.1\r\nHost: a\nEvil: b"),
           std::string_view("GET / HTTP/1.1\r\nHost: a\r\nno colon"), std::string_view("GET /a b HTTP/1.1\r\nHost: a"),
           std::string_view("GET /\x01 HTTP/1.1\r\nHost: a"),
           std::string_view("GET http://a/metrics HTTP/1.1\r\nHost: a"),
           std::string_view("G\0T / HTTP/1.1\r\nHost: a", 24), std::string_view("GET / http/1.1\r\nHost: a"),
           std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03", 10),  // TLS
       }) {
    EXPECT_EQ(refused(head), 400) << head;
  }
}

}  // namespace
}  // namespace keelson::fleet
