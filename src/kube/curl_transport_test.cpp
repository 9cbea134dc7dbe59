// Over real sockets, against a server that misbehaves: tests/kube/misbehaving_https_server.py.
#include "kube/curl_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "kube/connection.h"
#include "kube/json_text.h"
#include "kube/testing/https_server.h"
#include "kube/testing/manual_clock.h"
#include "sys/file.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::HttpsServer;

class CurlTransportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = new HttpsServer; }
  static void TearDownTestSuite() { delete std::exchange(server, nullptr); }

  static FileCredentialsOptions trusting(const char* authority = "authority.crt") {
    return {.authority = {.value = server->file(authority), .file = {}}};
  }
  static CurlTransport reach(CurlTransportOptions options, FileCredentialsOptions credentials = trusting()) {
    return {std::move(options), std::make_shared<FileCredentials>(std::move(credentials))};
  }
  static CurlTransport good() { return reach({.server = server->url("good")}); }

  std::string refusal(Transport& transport, const Request& request) {
    try {
      transport.send(request);
    } catch (const TransportError& error) {
      kind = error.kind();
      arrival = error.arrival();
      hint = error.hint();
      return error.message();
    }
    return "nothing was thrown";
  }

  static HttpsServer* server;
  ErrorKind kind = ErrorKind::Internal;
  TransportError::Arrival arrival = TransportError::Arrival::Perhaps;
  std::string hint;
};

HttpsServer* CurlTransportTest::server = nullptr;

TEST_F(CurlTransportTest, SendsWhatItIsTold) {
  auto transport = good();
  const Response response = transport.send(
      {.method = "PATCH", .path = "/echo", .query = {{"a", "b c"}}, .content_type = "text/x", .body = "hello"});
  ASSERT_EQ(response.status, 200);
  const json told = parse_json(response.body, "echo");
  EXPECT_EQ(told["method"], "PATCH");
  EXPECT_EQ(told["path"], "/echo?a=b%20c");
  EXPECT_EQ(told["body"], "hello");
  EXPECT_EQ(told["headers"]["content-type"], "text/x");
  EXPECT_EQ(told["headers"]["user-agent"], "keelson");
  EXPECT_FALSE(told["headers"].contains("authorization"));
  EXPECT_FALSE(response.header("date").empty());
}

TEST_F(CurlTransportTest, APathInTheServersUrlIsKept) {
  auto transport = reach({.server = server->url("good") + "/k8s/clusters/c/"});
  EXPECT_THAT(transport.send({.path = "/api"}).body, HasSubstr("/k8s/clusters/c/api"));
}

TEST_F(CurlTransportTest, ShowsItsClientCertificate) {
  auto credentials = trusting();
  credentials.certificate.value = server->file("client.crt");
  credentials.key.value = server->file("client.key");
  auto transport = reach({.server = server->url("good")}, credentials);
  EXPECT_EQ(parse_json(transport.send({.path = "/echo"}).body, "echo")["client"], "client");
}

TEST_F(CurlTransportTest, ACertificateWithoutItsKeyIsRefused) {
  auto credentials = trusting();
  credentials.certificate.value = server->file("client.crt");
  credentials.key.value = server->file("server.key");
  auto transport = reach({.server = server->url("good")}, credentials);
  EXPECT_THAT(refusal(transport, {.path = "/echo"}), HasSubstr("can't be used together"));
  EXPECT_EQ(kind, ErrorKind::BadInput);
}

TEST_F(CurlTransportTest, AnExpiredCertificateIsToldAsThat) {
  auto transport = reach({.server = server->url("expired")});
  EXPECT_THAT(refusal(transport, {.path = "/api"}), HasSubstr("for 'GET /api': the server's certificate has expired"));
  EXPECT_EQ(kind, ErrorKind::Refused);
  EXPECT_EQ(arrival, TransportError::Arrival::Never);
  EXPECT_THAT(hint, HasSubstr("clock"));
}

TEST_F(CurlTransportTest, AnUnknownAuthorityIsToldAsThat) {
  auto transport = reach({.server = server->url("good")}, trusting("stranger.crt"));
  EXPECT_THAT(refusal(transport, {.path = "/api"}), HasSubstr("an authority that is not trusted here"));
  EXPECT_EQ(kind, ErrorKind::Refused);
}

TEST_F(CurlTransportTest, AWrongNameIsToldAsThatAndTheRightOneMayBeGiven) {
  auto transport = reach({.server = server->url("renamed")});
  EXPECT_THAT(refusal(transport, {.path = "/api"}), HasSubstr("names other hosts"));
  EXPECT_THAT(hint, HasSubstr("tls-server-name"));
  auto named = reach({.server = server->url("renamed"), .tls_server_name = "kube.test"});
  const Response response = named.send({.path = "/echo"});
  EXPECT_THAT(parse_json(response.body, "echo")["headers"]["host"], HasSubstr("127.0.0.1"));
}

TEST_F(CurlTransportTest, AnyCertificateIsTakenOnlyWhenThatIsAskedFor) {
  auto transport = reach({.server = server->url("expired"), .accept_any_certificate = true}, {});
  EXPECT_EQ(transport.send({.path = "/echo"}).status, 200);
}

TEST_F(CurlTransportTest, AnAuthorityThatIsNoneIsToldAsThat) {
  auto transport = reach({.server = server->url("good")}, {.authority = {.value = "nonsense", .file = {}}});
  EXPECT_THAT(refusal(transport, {.path = "/api"}), HasSubstr("is no PEM certificate"));
}

TEST_F(CurlTransportTest, RefusedConnectionsUnknownHostsAndOtherProtocolsAreTold) {
  auto refused = reach({.server = "https://127.0.0.1:1"});
  EXPECT_EQ(refusal(refused, {.path = "/api"}), "cannot ask 'https://127.0.0.1:1' for 'GET /api': connection refused");
  EXPECT_EQ(kind, ErrorKind::Unavailable);
  EXPECT_EQ(arrival, TransportError::Arrival::Never);
  auto unknown = reach({.server = "https://no-such-host.invalid"});
  EXPECT_THAT(refusal(unknown, {.path = "/api"}), HasSubstr("no address is known for that host"));
  auto plain = reach({.server = "https://127.0.0.1:" + std::to_string(server->port("plain"))});
  EXPECT_THAT(refusal(plain, {.path = "/api"}), HasSubstr("no TLS connection"));
  auto nonsense = reach({.server = "http://127.0.0.1:" + std::to_string(server->port("nonsense"))});
  EXPECT_THAT(refusal(nonsense, {.path = "/api"}), HasSubstr("the answer is no HTTP"));
}

TEST_F(CurlTransportTest, ServersThatAreNoHttpUrlAreRefused) {
  for (const char* wrong : {"ftp://h", "h:6443:1", "", "https://user@h", "https://h/?x=1"}) {
    EXPECT_THROW(reach({.server = wrong}), Error) << wrong;
  }
}

TEST_F(CurlTransportTest, SilentStalledCutAndResetAnswersEndInAnError) {
  auto transport = good();
  transport.send({.path = "/echo"});  // so that the next one finds a connection, however busy the machine is
  EXPECT_THAT(refusal(transport, {.path = "/silent", .deadline = 1s}), HasSubstr("no answer within 1000 ms"));
  EXPECT_EQ(arrival, TransportError::Arrival::Perhaps);
  EXPECT_THAT(refusal(transport, {.path = "/stall", .deadline = 100ms}), HasSubstr("no answer within"));
  EXPECT_THAT(refusal(transport, {.path = "/cut"}), HasSubstr("was cut before the answer was whole"));
  EXPECT_THAT(refusal(transport, {.path = "/reset"}), HasSubstr("was cut"));
  EXPECT_EQ(transport.send({.path = "/echo"}).status, 200) << "the next request is none the worse";
}

TEST_F(CurlTransportTest, AnswersAreBoundedAlsoWhenTheyAreCompressed) {
  auto transport = good();
  EXPECT_THAT(refusal(transport, {.path = "/big", .most_bytes = 1 << 20}), HasSubstr("larger than 1"));
  EXPECT_EQ(kind, ErrorKind::Refused);
  EXPECT_THAT(refusal(transport, {.path = "/bomb", .most_bytes = 1 << 20}), HasSubstr("larger than 1"));
  EXPECT_NE(refusal(transport, {.path = "/headers"}), "nothing was thrown");
  EXPECT_EQ(transport.send({.path = "/gzip"}).body, R"({"opened":true})");
}

TEST_F(CurlTransportTest, RedirectsAreAnswersAndNotFollowed) {
  auto transport = good();
  EXPECT_EQ(transport.send({.path = "/redirect"}).status, 302);
}

TEST_F(CurlTransportTest, ARotatedTokenIsReadAgainWhenTheServerSaysNo) {
  const auto token = server->path("token");
  write_file_atomically(token, "old");
  write_file_atomically(server->path("good-token"), "old");
  auto credentials = trusting();
  credentials.token.file = token;
  auto transport = reach({.server = server->url("good")}, credentials);
  EXPECT_EQ(transport.send({.path = "/guarded"}).status, 200);
  write_file_atomically(server->path("good-token"), "new");
  EXPECT_EQ(transport.send({.path = "/guarded"}).status, 401) << "there is no newer one yet";
  write_file_atomically(token, "new");
  EXPECT_EQ(transport.send({.path = "/guarded"}).status, 200);
}

TEST_F(CurlTransportTest, APluginIsRunAgainWhenTheServerSaysNo) {
  write_file_atomically(server->path("good-token"), "fresh");
  const auto script = server->path("plugin");
  // The first answer is stale, the second is what the server wants.
  write_file(script, R"(#!/bin/sh
cd "${0%/*}"; t=stale; [ -e ran ] && t=fresh; : > ran
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$t'"}}'
)",
             0755);
  testing::ManualClock clock;
  ExecCredentialsOptions options{.plugin = {.api_version = "client.authentication.k8s.io/v1", .command = script},
                                 .authority = trusting().authority,
                                 .cluster = {},
                                 .environment = {"PATH=/usr/bin:/bin"}};
  CurlTransport transport({.server = server->url("good")}, std::make_shared<ExecCredentials>(options, clock));
  EXPECT_EQ(transport.send({.path = "/guarded"}).status, 200);
}

TEST_F(CurlTransportTest, ATokenIsNotShownToEverybodyOnTheWay) {
  auto transport = reach({.server = "http://192.0.2.1"}, {.token = {.value = "secret", .file = {}}});
  try {
    transport.send({.path = "/api"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Refused);
    EXPECT_THAT(error.message(), HasSubstr("plain http would show it"));
  }
}

TEST_F(CurlTransportTest, AProxyIsUsedWhenItIsGivenAndTheEnvironmentIsNotAsked) {
  auto through = reach({.server = "http://192.0.2.1", .proxy = server->url("plain")}, {});
  EXPECT_EQ(parse_json(through.send({.path = "/echo"}).body, "echo")["path"], "http://192.0.2.1/echo");
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
  EXPECT_EQ(reach({.server = server->url("plain")}, {}).send({.path = "/echo"}).status, 200);
  EXPECT_EQ(good().send({.path = "/echo"}).status, 200);
  auto around = reach({.server = server->url("plain"), .proxy = "http://127.0.0.1:1", .no_proxy = "127.0.0.1"}, {});
  EXPECT_EQ(around.send({.path = "/echo"}).status, 200);
  ::unsetenv("http_proxy");
  ::unsetenv("HTTPS_PROXY");
}

TEST_F(CurlTransportTest, AStreamHandsOverWhatComes) {
  auto transport = good();
  std::string taken;
  const Streamed end = transport.stream({.path = "/watch/lines"}, 30s, [&](std::string_view chunk) {
    taken += chunk;
    return true;
  });
  EXPECT_EQ(end.end, StreamEnd::Ended);
  EXPECT_EQ(end.response.status, 200);
  EXPECT_EQ(taken, "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
}

TEST_F(CurlTransportTest, AStreamEndsWhenItIsIdleCutOrStopped) {
  auto transport = good();
  std::string taken;
  const auto take = [&](std::string_view chunk) {
    taken += chunk;
    return true;
  };
  EXPECT_EQ(transport.stream({.path = "/watch/idle"}, 1s, take).end, StreamEnd::Idle);
  EXPECT_EQ(transport.stream({.path = "/watch/cut"}, 30s, take).end, StreamEnd::Ended);
  EXPECT_EQ(taken, "{\"a\":1}\n{\"a\":1}\n");
  EXPECT_EQ(transport.stream({.path = "/watch/idle"}, 30s, [](std::string_view) { return false; }).end,
            StreamEnd::Stopped);
  std::jthread stopper;
  const Streamed end = [&] {
    std::stop_source source;
    stopper = std::jthread([source]() mutable {
      std::this_thread::sleep_for(50ms);
      source.request_stop();
    });
    return transport.stream({.path = "/watch/idle"}, 300s, take, source.get_token());
  }();
  EXPECT_EQ(end.end, StreamEnd::Stopped);
}

TEST_F(CurlTransportTest, AnAnswerInPlaceOfAStreamIsAnAnswer) {
  auto transport = good();
  const Streamed end = transport.stream({.path = "/watch/gone"}, 30s, [](std::string_view) { return true; });
  EXPECT_EQ(end.response.status, 410);
  EXPECT_THAT(end.response.body, HasSubstr("Expired"));
}

TEST_F(CurlTransportTest, WhatTheTakerThrowsComesOut) {
  auto transport = good();
  EXPECT_THROW(transport.stream({.path = "/watch/lines"}, 30s,
                                [](std::string_view) -> bool { throw Error(ErrorKind::BadInput, "no"); }),
               Error);
}

TEST_F(CurlTransportTest, ManyThreadsMayAskAtTheSameTime) {
  auto transport = good();
  std::vector<std::thread> threads;
  std::atomic<int> good_answers{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) good_answers += transport.send({.path = "/echo"}).status == 200;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good_answers, 80);
}

}  // namespace
}  // namespace keelson::kube
