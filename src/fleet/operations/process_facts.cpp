#include "fleet/operations/process_facts.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace keelson::fleet {

namespace {

std::string file_text(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Field `number` of /proc/self/stat, counted from 1 as proc(5) does; beyond the 2nd, whose name may hold anything.
std::optional<double> stat_field(int number) {
  const std::string text = file_text("/proc/self/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) rest >> field;
  if (!rest || field.empty() || field.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stod(field);
}

}  // namespace

std::optional<double> process_start_seconds() {
  const auto ticks = stat_field(22);  // after boot
  const std::string stat = file_text("/proc/stat");
  const auto boot = stat.find("\nbtime ");
  const long per_second = ::sysconf(_SC_CLK_TCK);
  if (!ticks || boot == std::string::npos || per_second <= 0) return std::nullopt;
  return std::strtod(stat.c_str() + boot + 7, nullptr) + *ticks / static_cast<double>(per_second);
}

std::optional<double> process_resident_bytes() {
  const auto pages = stat_field(24);
  const long page = ::sysconf(_SC_PAGESIZE);
  if (!pages || page <= 0) return std::nullopt;
  return *pages * static_cast<double>(page);
}

std::optional<double> process_open_files() {
  std::error_code error;
  double open = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ++open;
  }
  if (error) return std::nullopt;
  return open - 1;  // the folder's own
}

}  // namespace keelson::fleet
