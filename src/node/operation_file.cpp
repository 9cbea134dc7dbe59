#include "node/operation_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "base/json_findings.h"
#include "kube/json_text.h"
#include "sys/file.h"

namespace keelson::node {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFile = "operation.json";
constexpr const char* kLock = "operation.lock";
constexpr std::array<std::string_view, 4> kPhases{"asked", "running", "installed", "failed"};
constexpr std::array<std::string_view, 6> kKeys{"keelsonOperation", "name", "phase", "bootID", "message", "request"};
constexpr std::int64_t kVersion = 1;

// The name of a renamed file is safe once its folder is.
void flush_folder(const fs::path& folder) {
  const UniqueFd fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (::fsync(fd.get()) != 0) throw system_error("write", folder.native(), errno);
}

// Of the open file, not of the process: it is given back when the descriptor is closed, by whatever.
bool take(const UniqueFd& fd, int command) {
  struct flock whole {
    .l_type = F_WRLCK, .l_whence = SEEK_SET
  };
  return ::fcntl(fd.get(), command, &whole) == 0;
}

}  // namespace

OperationFile::OperationFile(fs::path folder) : folder_(std::move(folder)) {
  std::error_code failure;
  fs::create_directories(folder_, failure);
  if (failure) throw system_error("create", folder_.native(), failure.value());
  remove_stale_temporaries(folder_);
}

std::optional<KnownOperation> OperationFile::read() const {
  const fs::path path = folder_ / kFile;
  if (!fs::exists(path)) return std::nullopt;
  const json document = kube::parse_json(read_file(path, mebibytes(1)), path.native());
  JsonFindings findings;
  const JsonPlace whole(&document, "operation", findings);
  whole.check_members(kKeys);
  whole.require("keelsonOperation").whole(kVersion, kVersion);
  KnownOperation known;
  known.name = whole.require("name").text(1024).value_or("");
  known.phase = static_cast<Phase>(whole.require("phase").choice(kPhases).value_or(0));
  known.boot_id = whole.require("bootID").text().value_or("");
  if (const auto message = whole.member("message"); message.is_there()) known.message = message.text(4096).value_or("");
  if (const auto request = whole.require("request"); request.is_there()) known.request = *request.value();
  findings.refuse_if_any("operation", path.native());
  return known;
}

void OperationFile::write(const OperationLock&, const KnownOperation& operation) const {
  json document{{"keelsonOperation", kVersion},
                {"name", operation.name},
                {"phase", kPhases[static_cast<std::size_t>(operation.phase)]},
                {"bootID", operation.boot_id},
                {"request", operation.request}};
  if (!operation.message.empty()) document["message"] = operation.message;
  AtomicFile file(folder_ / kFile, 0600);
  file.write(kube::json_text(document) + "\n");
  file.commit(true);
  flush_folder(folder_);
}

UniqueFd OperationFile::open_lock() const { return open_file(folder_ / kLock, O_RDWR | O_CREAT, 0600); }

OperationLock OperationFile::lock() const {
  UniqueFd fd = open_lock();
  while (!take(fd, F_OFD_SETLKW)) {
    if (errno != EINTR) throw system_error("lock", (folder_ / kLock).native(), errno);
  }
  return OperationLock(std::move(fd));
}

std::optional<OperationLock> OperationFile::try_lock() const {
  UniqueFd fd = open_lock();
  if (take(fd, F_OFD_SETLK)) return OperationLock(std::move(fd));
  if (errno == EAGAIN || errno == EACCES || errno == EINTR) return std::nullopt;
  throw system_error("lock", (folder_ / kLock).native(), errno);
}

}  // namespace keelson::node
