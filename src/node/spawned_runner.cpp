#include "node/spawned_runner.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include "base/error.h"
#include "sys/spawn.h"

namespace keelson::node {

namespace {

// The program itself, whatever has become of its name since it was started.
constexpr const char* kOurselves = "/proc/self/exe";

/// No signal is blocked in the child, and it is a session of its own.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&value_);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&value_, &none);
    ::posix_spawnattr_setflags(&value_, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID));
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&value_); }
  const posix_spawnattr_t* get() const { return &value_; }

 private:
  posix_spawnattr_t value_;
};

}  // namespace

void SpawnedRunner::start(const std::string& operation) {
  std::vector<std::string> words{"keelson-node"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  words.push_back(operation);
  const auto argv = exec_words(words);
  const Attributes attributes;
  pid_t child = 0;
  const int failure = ::posix_spawn(&child, kOurselves, nullptr, attributes.get(), argv.data(), environ);
  if (failure != 0) throw system_error("start", kOurselves, failure);
  child_ = child;
}

bool SpawnedRunner::is_alive() {
  if (child_ == 0) return false;
  if (::waitpid(child_, nullptr, WNOHANG) == 0) return true;
  child_ = 0;
  return false;
}

}  // namespace keelson::node
