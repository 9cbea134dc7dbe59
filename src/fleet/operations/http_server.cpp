#include "fleet/operations/http_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <thread>
#include <vector>

#include "fleet/operations/http_request.h"
#include "fleet/operations/listen_socket.h"

namespace keelson::fleet {

namespace {

using Clock = std::chrono::steady_clock;

// After the answer, what the client still sends is thrown away for so long, since closing a socket with unread bytes
// makes the kernel reset the connection, and the answer may be lost with it (RFC 9112, 9.6).
constexpr std::chrono::milliseconds kLinger{1'000};
constexpr std::chrono::milliseconds kAcceptPause{100};  // when there are no descriptors left

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

std::string response_text(const HttpAnswer& answer, bool with_body) {
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n",
      answer.status, reason_of(answer.status), answer.type, answer.body.size());
  if (answer.status == 405) text += "Allow: GET, HEAD\r\n";
  text += "\r\n";
  if (with_body) text += answer.body;
  return text;
}

HttpAnswer plain(int status) { return {.status = status, .body = fmt::format("{} {}\n", status, reason_of(status))}; }

struct Connection {
  enum class State { Reading, Answering, Lingering };

  UniqueFd fd;
  State state = State::Reading;
  Clock::time_point deadline;
  std::string head;
  std::string answer;
  std::size_t sent = 0;
};

}  // namespace

class HttpServer::Loop {
 public:
  Loop(HttpServerOptions options, HttpPages pages)
      : options_(std::move(options)),
        pages_(std::move(pages)),
        socket_(listen_at(options_.listen)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw system_error("make", "an event descriptor", errno);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    thread_.request_stop();
    ::eventfd_write(wake_.get(), 1);
  }

  const ListenSocket& socket() const { return socket_; }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto ready = wait();
      const auto now = Clock::now();
      // Those that were here first: requests that have arrived are answered before anybody has to make room.
      for (auto one = connections_.begin(); one != connections_.end();) {
        const bool keep = serve(*one, now, ready);
        one = keep ? std::next(one) : connections_.erase(one);
      }
      if (now >= accept_again_) accept_all(now);
    }
  }

  // Descriptors on which something happened, sorted.
  std::vector<int> wait() {
    const auto now = Clock::now();
    std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
    auto next = now + std::chrono::hours(1);
    if (now >= accept_again_) {
      polled.push_back({socket_.fd.get(), POLLIN, 0});
    } else {
      next = accept_again_;
    }
    for (const auto& one : connections_) {
      const bool writes = one.state == Connection::State::Answering;
      polled.push_back({one.fd.get(), static_cast<short>(writes ? POLLOUT : POLLIN), 0});
      next = std::min(next, one.deadline);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, Clock::duration::zero()));
    ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
    std::vector<int> ready;
    for (const auto& one : polled) {
      if (one.revents != 0) ready.push_back(one.fd);
    }
    std::ranges::sort(ready);
    return ready;
  }

  void accept_all(Clock::time_point now) {
    // A bounded number at a time, so that a flood of connections leaves time for those that are here.
    for (std::size_t i = 0; i < options_.most_connections; ++i) {
      UniqueFd fd(::accept4(socket_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd) {
        const bool none_left = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (none_left) {
          if (!connections_.empty()) make_room();
          accept_again_ = now + kAcceptPause;
        }
        return;
      }
      if (connections_.size() >= options_.most_connections) make_room();
      connections_.push_back({.fd = std::move(fd), .deadline = now + options_.head_time});
      // Most clients have sent their request by now.
      if (!serve(connections_.back(), now, {connections_.back().fd.get()})) connections_.pop_back();
    }
  }

  // Who only lingers has its answer; then who came first has had the most time.
  void make_room() {
    auto leaves = std::ranges::find(connections_, Connection::State::Lingering, &Connection::state);
    if (leaves == connections_.end()) {
      leaves = std::ranges::find(connections_, Connection::State::Reading, &Connection::state);
    }
    connections_.erase(leaves == connections_.end() ? connections_.begin() : leaves);
  }

  // @return whether the connection stays.
  bool serve(Connection& one, Clock::time_point now, const std::vector<int>& ready) {
    const bool happened = std::ranges::binary_search(ready, one.fd.get());
    if (now >= one.deadline) {
      if (one.state != Connection::State::Reading || one.head.empty()) return false;
      answer_with(one, plain(408), true, now);
      return write_on(one, now);
    }
    if (!happened) return true;
    switch (one.state) {
      case Connection::State::Reading:
        return read_on(one, now);
      case Connection::State::Answering:
        return write_on(one, now);
      case Connection::State::Lingering:
        break;
    }
    return throw_away(one);
  }

  bool read_on(Connection& one, Clock::time_point now) {
    char bytes[4096];
    const auto got = ::recv(one.fd.get(), bytes, sizeof bytes, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;  // gone before it had asked
    one.head.append(bytes, static_cast<std::size_t>(got));
    const auto end = one.head.find("\r\n\r\n");
    if (end == std::string::npos ? one.head.size() > options_.most_head_bytes : end > options_.most_head_bytes) {
      answer_with(one, plain(431), true, now);
    } else if (end != std::string::npos) {
      answer(one, std::string_view(one.head).substr(0, end), now);
    } else {
      return true;
    }
    return write_on(one, now);
  }

  void answer(Connection& one, std::string_view head, Clock::time_point now) {
    const auto parsed = parse_http_request(head);
    if (!parsed.request) return answer_with(one, plain(parsed.refused), true, now);
    const auto page = pages_.find(parsed.request->path);
    answer_with(one, page == pages_.end() ? plain(404) : made(page->second), parsed.request->method != "HEAD", now);
  }

  HttpAnswer made(const std::function<HttpAnswer()>& page) {
    try {
      return page();
    } catch (const Error& error) {
      if (options_.complain) options_.complain(error);
    } catch (const std::exception& error) {
      if (options_.complain) options_.complain(Error(ErrorKind::Internal, error.what()));
    }
    return plain(500);
  }

  void answer_with(Connection& one, const HttpAnswer& answer, bool with_body, Clock::time_point now) {
    one.head = {};
    one.answer = response_text(answer, with_body);
    one.state = Connection::State::Answering;
    one.deadline = now + options_.answer_time;
  }

  bool write_on(Connection& one, Clock::time_point now) {
    const auto done =
        ::send(one.fd.get(), one.answer.data() + one.sent, one.answer.size() - one.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0) return errno == EAGAIN || errno == EINTR;
    one.sent += static_cast<std::size_t>(done);
    if (one.sent < one.answer.size()) return true;
    ::shutdown(one.fd.get(), SHUT_WR);
    one.answer = {};
    one.state = Connection::State::Lingering;
    one.deadline = now + kLinger;
    return true;
  }

  static bool throw_away(const Connection& one) {
    char bytes[16384];
    const auto got = ::recv(one.fd.get(), bytes, sizeof bytes, 0);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
  }

  const HttpServerOptions options_;
  const HttpPages pages_;
  ListenSocket socket_;
  UniqueFd wake_;
  std::list<Connection> connections_;  // the oldest first
  Clock::time_point accept_again_{};
  std::jthread thread_;  // last: it uses all of the above
};

HttpServer::HttpServer(HttpServerOptions options, HttpPages pages)
    : loop_(std::make_unique<Loop>(std::move(options), std::move(pages))) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return loop_->socket().port; }
std::string HttpServer::address() const { return loop_->socket().address; }

}  // namespace keelson::fleet
