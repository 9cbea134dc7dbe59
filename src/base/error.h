/// Errors: one thrown type, a chain of context, one exit code per kind.
///
/// Rules: a failure is an Error; "not there", "policy says no", "nothing to do" are values; our own bugs are
/// Internal. Message grammar: `cannot <verb> '<object>': <cause>`. A hint says what the user can do.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace keelson {

enum class ErrorKind {
  Usage,        ///< the command line makes no sense; exit 2
  BadInput,     ///< a file or value from outside breaks its rules; exit 3
  NotFound,     ///< something named does not exist; exit 4
  Refused,      ///< signature, digest, policy or permission says no; exit 5
  Unavailable,  ///< network, disk or another resource is not there now; exit 6
  Internal,     ///< our own bug; exit 70
};

/// The process exit code for a kind, as PRODUCT and the man page promise it.
int exit_code(ErrorKind kind);

/// The kind's name as `--json` prints it: "usage", "bad-input", "not-found", …
std::string_view kind_name(ErrorKind kind);

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {});

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  /// What we were doing, innermost first: "fetching packages for partition 'root'".
  const std::vector<std::string>& context() const { return context_; }
  void add_context(std::string doing) { context_.push_back(std::move(doing)); }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> context_;
};

/// The text a person reads: "error: …", a "  while …" line per frame, "hint: …" if there is one. Ends in a newline.
std::string render(const Error& error);

/// Describes errno value `number` in words, without its number ("no space left on device").
std::string describe_errno(int number);

/// An error for a failed system call on `object`: the kind follows from errno (ENOENT is NotFound, EACCES and
/// EPERM are Refused, ENOSPC and EIO are Unavailable …). Example: system_error("open", path, errno).
Error system_error(std::string_view verb, std::string_view object, int number);

/// Runs body; an Error that leaves it gains a frame "while <doing>".
template <typename Body>
auto with_context(std::string_view doing, Body&& body) -> std::invoke_result_t<Body> {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(std::string(doing));
    throw;
  }
}

}  // namespace keelson
