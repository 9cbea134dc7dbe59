#include "kube/testing/scripted_transport.h"

#include <nlohmann/json.hpp>

namespace keelson::kube::testing {

void ScriptedTransport::then(Answer answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
}

void ScriptedTransport::then(int status, std::string body, std::map<std::string, std::string> headers) {
  then([response = Response{.status = status, .headers = std::move(headers), .body = std::move(body)}](const Request&) {
    return response;
  });
}

void ScriptedTransport::then_stream(Stream stream) {
  const std::lock_guard lock(mutex_);
  streams_.push_back(std::move(stream));
}

void ScriptedTransport::then_stream(std::vector<std::string> chunks, StreamEnd end) {
  then_stream([chunks = std::move(chunks), end](const Request&, const auto& take, const std::stop_token&) {
    for (const auto& chunk : chunks) {
      if (!take(chunk)) return Streamed{.response = {.status = 200}, .end = StreamEnd::Stopped};
    }
    return Streamed{.response = {.status = 200}, .end = end};
  });
}

void ScriptedTransport::otherwise(Answer answer) {
  const std::lock_guard lock(mutex_);
  last_answer_ = std::move(answer);
}

void ScriptedTransport::otherwise_stream(Stream stream) {
  const std::lock_guard lock(mutex_);
  last_stream_ = std::move(stream);
}

Response ScriptedTransport::send(const Request& request, const std::stop_token& /*stop*/) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (!answers_.empty()) {
      answer = std::move(answers_.front());
      answers_.pop_front();
    } else {
      answer = last_answer_;
    }
  }
  if (!answer) throw Error(ErrorKind::Internal, "nothing is scripted for '" + request.name() + "'");
  return answer(request);
}

Streamed ScriptedTransport::stream(const Request& request, std::chrono::milliseconds /*idle*/,
                                   const std::function<bool(std::string_view)>& take, const std::stop_token& stop) {
  Stream stream;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (!streams_.empty()) {
      stream = std::move(streams_.front());
      streams_.pop_front();
    } else {
      stream = last_stream_;
    }
  }
  if (!stream) throw Error(ErrorKind::Internal, "no stream is scripted for '" + request.name() + "'");
  return stream(request, take, stop);
}

std::vector<Request> ScriptedTransport::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::string parameter(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.query) {
    if (key == name) return value;
  }
  return {};
}

std::string status_body(int code, std::string_view reason, std::string_view message) {
  return nlohmann::json{{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"},
                        {"reason", reason}, {"message", message}, {"code", code}}
      .dump();
}

}  // namespace keelson::kube::testing
