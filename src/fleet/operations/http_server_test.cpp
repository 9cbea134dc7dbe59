// Over real sockets of the loopback: what clients do wrong.
#include "fleet/operations/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <vector>

#include "sys/unique_fd.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(const HttpServer& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  /// @return false when the server has hung up.
  bool say(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// All until the server hangs up. A minute without anything is a failure.
  std::string hear() const {
    std::string all;
    char bytes[4096];
    for (;;) {
      pollfd one{fd_.get(), POLLIN, 0};
      if (::poll(&one, 1, 60'000) != 1) return all + "(silence)";
      const auto got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (got <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(got));
    }
  }
  std::string ask(std::string_view text) const {
    say(text);
    return hear();
  }

 private:
  UniqueFd fd_;
  bool connected_ = false;
};

HttpPages pages() {
  return {{"/metrics", [] { return HttpAnswer{.body = "one 1\n"}; }},
          {"/bad", []() -> HttpAnswer { throw Error(ErrorKind::Unavailable, "secret"); }},
          {"/large", [] { return HttpAnswer{.body = std::string(8U << 20, 'x')}; }}};
}

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpServer, AnswersGetAndHead) {
  HttpServer server({}, pages());
  const auto got = Client(server).ask(kGet);
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  EXPECT_TRUE(got.ends_with("\r\n\r\none 1\n")) << got;
  EXPECT_NE(got.find("Content-Length: 6\r\n"), std::string::npos);
  const auto head = Client(server).ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  EXPECT_NE(head.find("Content-Length: 6\r\n"), std::string::npos);
  EXPECT_EQ(server.address(), "127.0.0.1:" + std::to_string(server.port()));
}

TEST(HttpServer, RefusesTheRest) {
  HttpServer server({}, pages());
  EXPECT_TRUE(Client(server).ask("GET /secrets HTTP/1.1\r\nHost: a\r\n\r\n").starts_with("HTTP/1.1 404 "));
  const auto post = Client(server).ask("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_TRUE(post.starts_with("HTTP/1.1 405 ")) << post;
  EXPECT_NE(post.find("Allow: GET, HEAD\r\n"), std::string::npos);
  EXPECT_TRUE(Client(server).ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST(HttpServer, APageThatThrowsTellsTheLogAndNotTheClient) {
  std::string complaint;
  {
    HttpServer server({.complain = [&](const Error& error) { complaint = error.message(); }}, pages());
    const auto answer = Client(server).ask("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
    EXPECT_EQ(answer.find("secret"), std::string::npos);
  }
  EXPECT_EQ(complaint, "secret");
}

TEST(HttpServer, ARequestMayComeInPieces) {
  HttpServer server({}, pages());
  const Client client(server);
  for (const char c : kGet) ASSERT_TRUE(client.say({&c, 1}));
  EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, AHeadOfAMebibyteIsRefusedBeforeItIsRead) {
  HttpServer server({}, pages());
  const Client client(server);
  client.say("GET /metrics HTTP/1.1\r\nHost: a\r\nA: ");
  client.say(std::string(1U << 20, 'a'));
  EXPECT_TRUE(client.hear().starts_with("HTTP/1.1 431 "));
}

TEST(HttpServer, WhoNeverEndsHisRequestIsSentAway) {
  HttpServer server({.head_time = 50ms}, pages());
  const Client half(server);
  half.say("GET /metrics HTTP/1.1\r\n");
  EXPECT_TRUE(half.hear().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(Client(server).hear(), "");  // who says nothing at all gets nothing
}

TEST(HttpServer, WhoDoesNotReadItsAnswerIsSentAway) {
  HttpServer server({.most_connections = 2, .answer_time = 50ms}, pages());
  const Client lazy(server);
  lazy.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(Client(server).ask(kGet).starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, ALargeAnswerArrivesWhole) {
  HttpServer server({}, pages());
  const auto answer = Client(server).ask("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8U << 20);
}

TEST(HttpServer, AThousandThatOnlyOccupyItDoNotKeepOthersOut) {
  HttpServer server({.most_connections = 16, .head_time = 60s}, pages());
  std::vector<Client> crowd;
  crowd.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    crowd.emplace_back(server);
    ASSERT_TRUE(crowd.back().connected());
    crowd.back().say("GET /metrics HTTP/1.1\r\n");
    if (i % 100 != 99) continue;
    EXPECT_TRUE(Client(server).ask(kGet).starts_with("HTTP/1.1 200 ")) << i;
  }
}

TEST(HttpServer, StopsWhileClientsAreConnected) {
  auto server = std::make_unique<HttpServer>(HttpServerOptions{.head_time = 60s}, pages());
  const Client idle(*server);
  const Client half(*server);
  half.say("GET /");
  server.reset();
  EXPECT_EQ(half.hear(), "");
  EXPECT_EQ(idle.hear(), "");
}

TEST(HttpServer, SaysWhatIsWrongWithAnAddress) {
  for (const char* where : {"localhost:80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:99999", "[::1:80", "", "nonsense", ":x"}) {
    try {
      HttpServer server({.listen = where}, pages());
      FAIL() << where;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Usage) << where;
    }
  }
}

TEST(HttpServer, SaysThatAPortIsTaken) {
  const HttpServer first({}, pages());
  try {
    HttpServer second({.listen = first.address()}, pages());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_EQ(error.message(), "cannot listen at '" + first.address() + "': something else does already");
  }
}

TEST(HttpServer, ListensAtEveryAddress) {
  HttpServer server({.listen = ":0"}, pages());
  EXPECT_TRUE(Client(server).ask(kGet).starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace keelson::fleet
