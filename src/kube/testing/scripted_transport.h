/// A transport that answers as a test says. For tests and the simulator; no product links it.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "kube/transport.h"

namespace keelson::kube::testing {

/// Promise: asks the handlers in the order they were given, each once; then the last resort; then it is a test's own
/// fault: Error(Internal). Keeps every request. Safe for several threads.
class ScriptedTransport final : public Transport {
 public:
  /// Answers a request, or throws what a transport throws.
  using Answer = std::function<Response(const Request&)>;
  /// Streams: chunks by `take`, then how it ended.
  using Stream = std::function<Streamed(const Request&, const std::function<bool(std::string_view)>& take,
                                        const std::stop_token& stop)>;

  void then(Answer answer);
  void then(int status, std::string body, std::map<std::string, std::string> headers = {});
  void then_stream(Stream stream);
  /// A 200 of these chunks, that ends so.
  void then_stream(std::vector<std::string> chunks, StreamEnd end = StreamEnd::Ended);
  void otherwise(Answer answer);
  void otherwise_stream(Stream stream);

  Response send(const Request& request, const std::stop_token& stop = {}) override;
  Streamed stream(const Request& request, std::chrono::milliseconds idle,
                  const std::function<bool(std::string_view)>& take, const std::stop_token& stop = {}) override;

  std::vector<Request> requests() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Answer> answers_;
  std::deque<Stream> streams_;
  Answer last_answer_;
  Stream last_stream_;
  std::vector<Request> requests_;
};

/// The value of a query parameter, "" when it is not there.
std::string parameter(const Request& request, std::string_view name);

/// A Status as servers send it.
std::string status_body(int code, std::string_view reason, std::string_view message);

}  // namespace keelson::kube::testing
