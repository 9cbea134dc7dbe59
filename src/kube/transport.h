/// How a request reaches an API server. Two implementations: libcurl (curl_transport.h), and one that answers from a
/// script (testing/scripted_transport.h), with which tests and the simulator run the same code.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace keelson::kube {

struct Request {
  std::string method = "GET";
  std::string path;                                        ///< "/api/v1/nodes", its parts percent-encoded
  std::vector<std::pair<std::string, std::string>> query;  ///< not encoded yet
  std::string content_type;                                ///< of the body; "": no body
  std::string body;
  std::string accept = "application/json";
  std::chrono::milliseconds deadline{30'000};  ///< for the whole exchange; of a stream, until its headers are there
  std::size_t most_bytes = 64U << 20;          ///< of the answer's body, opened; not of a stream

  /// "GET /api/v1/nodes", for errors.
  std::string name() const { return method + ' ' + path; }
};

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case, the last of each name
  std::string body;                            ///< untrusted
  std::string protocol;                        ///< "HTTP/2", "HTTP/1.1"

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// A request got no answer. Anything that the server answered, be it 500, is a Response instead.
class TransportError : public Error {
 public:
  /// Whether the server may have acted on the request all the same.
  enum class Arrival { Never, Perhaps };

  TransportError(ErrorKind kind, Arrival arrival, std::string message, std::string hint = {})
      : Error(kind, std::move(message), std::move(hint)), arrival_(arrival) {}
  Arrival arrival() const { return arrival_; }

 private:
  Arrival arrival_;
};

/// Why a stream ended without an error.
enum class StreamEnd {
  Ended,    ///< the server closed it, or the answer was no 200 and its whole body is in the Response
  Idle,     ///< nothing came for the idle time
  Stopped,  ///< `take` said no, or the stop token did
};

struct Streamed {
  Response response;  ///< its body is empty when chunks were handed over
  StreamEnd end = StreamEnd::Ended;
};

class Transport {
 public:
  virtual ~Transport() = default;

  /// One exchange. Several threads may call it at the same time.
  /// @throws TransportError: Unavailable (no connection, deadline, cut answer, stopped), Refused (TLS says no, answer
  /// larger than its bound); Error as the credentials throw it.
  virtual Response send(const Request& request, const std::stop_token& stop = {}) = 0;

  /// Hands the body of a 200 to `take` as it comes, in the calling thread, in chunks of any size, until it returns
  /// false. What `take` throws comes out of here. Cut connections are Ended: a watch goes on by its own means.
  virtual Streamed stream(const Request& request, std::chrono::milliseconds idle,
                          const std::function<bool(std::string_view)>& take, const std::stop_token& stop = {}) = 0;
};

/// RFC 3986: everything but unreserved characters becomes %XX, '/' included.
std::string percent_encoded(std::string_view text);

/// The path with its query, encoded: what stands in the request line.
std::string target_of(const Request& request);

}  // namespace keelson::kube
