#include "sys/temp_dir.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "sys/file.h"

namespace keelson {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = ".keelson-tmp-";

// The process id in a temporary name, or 0 if the name is none of ours.
pid_t owner_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  pid_t pid = 0;
  std::from_chars(name.data(), name.data() + name.size(), pid);
  return pid;
}

}  // namespace

std::string unique_temporary_name(std::string_view suffix) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}{}-{}-{}", kPrefix, ::getpid(), counter++, suffix);
}

TempDir::TempDir(std::string_view suffix, const fs::path& parent) : path_(parent / unique_temporary_name(suffix)) {
  if (::mkdir(path_.c_str(), 0700) != 0) throw system_error("create", path_.native(), errno);
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::size_t remove_stale_temporaries(const fs::path& folder) {
  std::size_t removed = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const pid_t owner = owner_of(entry.path().filename().native());
    if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) continue;
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
    if (!ignored) ++removed;
  }
  return removed;
}

}  // namespace keelson
