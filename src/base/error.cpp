#include "base/error.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace keelson {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Usage:
      return 2;
    case ErrorKind::BadInput:
      return 3;
    case ErrorKind::NotFound:
      return 4;
    case ErrorKind::Refused:
      return 5;
    case ErrorKind::Unavailable:
      return 6;
    case ErrorKind::Internal:
      return 70;
  }
  return 70;
}

std::string_view kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Usage:
      return "usage";
    case ErrorKind::BadInput:
      return "bad-input";
    case ErrorKind::NotFound:
      return "not-found";
    case ErrorKind::Refused:
      return "refused";
    case ErrorKind::Unavailable:
      return "unavailable";
    case ErrorKind::Internal:
      return "internal";
  }
  return "internal";
}

Error::Error(ErrorKind kind, std::string message, std::string hint)
    : kind_(kind), message_(std::move(message)), hint_(std::move(hint)) {}

std::string render(const Error& error) {
  std::string text = fmt::format("error: {}\n", error.message());
  for (const auto& frame : error.context()) text += fmt::format("  while {}\n", frame);
  if (!error.hint().empty()) text += fmt::format("hint: {}\n", error.hint());
  return text;
}

std::string describe_errno(int number) {
  std::array<char, 256> buffer{};
  // The GNU variant may return a static string instead of filling the buffer.
  std::string text = strerror_r(number, buffer.data(), buffer.size());
  if (!text.empty() && text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Error system_error(std::string_view verb, std::string_view object, int number) {
  ErrorKind kind = ErrorKind::Unavailable;
  std::string hint;
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      kind = ErrorKind::NotFound;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      kind = ErrorKind::Refused;
      break;
    case EINVAL:
    case EBADF:
    case EFAULT:
      kind = ErrorKind::Internal;
      break;
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      kind = ErrorKind::BadInput;
      break;
    case ENOSPC:
      hint = "free some space there, or choose another folder";
      break;
    default:
      break;
  }
  return Error(kind, fmt::format("cannot {} '{}': {}", verb, object, describe_errno(number)), hint);
}

}  // namespace keelson
