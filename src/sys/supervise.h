/// Work in a child process, so that somebody is left to clean up when it is interrupted or dies.
#pragma once

#include <functional>

namespace keelson {

/// Runs `work` in a child process and returns its exit code. SIGINT and SIGTERM end the child with everything that it
/// started. When the child was killed, by whatever signal, `clean_up` runs here and the result is 128 + that signal.
/// The child dies with this process, whatever kills it. Call it before any thread exists.
/// Output of the child goes where ours goes. @throws Error(Unavailable) when no process can be made.
int run_supervised(const std::function<int()>& work, const std::function<void()>& clean_up);

}  // namespace keelson
