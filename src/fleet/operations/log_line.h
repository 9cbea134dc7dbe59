/// One line of the log, as text. It ends in a line feed and has no other.
#pragma once

#include <string>

#include "fleet/operations/log.h"

namespace keelson::fleet {

struct LogLine {
  std::string time;  ///< "2026-11-26T10:00:00.123Z"
  LogLevel level = LogLevel::Info;
  std::string_view message;
  const LogFields& fields;
  std::int64_t repeated = 0;  ///< how often since it was last told
};

std::string log_line(const LogLine& line, LogFormat format);

}  // namespace keelson::fleet
