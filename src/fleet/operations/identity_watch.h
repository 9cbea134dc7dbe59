/// A transport that knows whether the API server accepts who we say we are: certificates expire and tokens are revoked
/// while a program runs, and then nothing that it asks for says anything else.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "kube/clock.h"
#include "kube/transport.h"

namespace keelson::fleet {

/// Promise: what comes out of it is what comes out of the other one, exceptions too. Safe for several threads if the
/// other one is.
class IdentityWatch final : public kube::Transport {
 public:
  struct Options {
    std::function<std::string()> explain = {};  ///< what may be wrong, asked once when it begins; from any thread
    std::function<void(const std::string& why_not)> tell = {};  ///< when that changes; from any thread
  };
  /// All must outlive it.
  IdentityWatch(kube::Transport& inner, const kube::Clock& clock, Options options);

  kube::Response send(const kube::Request& request, const std::stop_token& stop = {}) override;
  kube::Streamed stream(const kube::Request& request, std::chrono::milliseconds idle,
                        const std::function<bool(std::string_view)>& take, const std::stop_token& stop = {}) override;

  /// "" until the server answers 401, and again from an answer to a single request that is another.
  std::string why_not() const;

 private:
  void note(int status);

  kube::Transport& inner_;
  const kube::Clock& clock_;
  const Options options_;
  mutable std::mutex mutex_;
  std::string why_not_;
};

}  // namespace keelson::fleet
