/// What this node knows of the operation that it was asked for last: /var/lib/keelson/operation.json. It outlives
/// crashes and reboots, and is why the same operation is never done twice: a program is started for an operation only
/// by who has turned Asked into Running, which happens once for each name, under the lock.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sys/unique_fd.h"

namespace keelson::node {

enum class Phase {
  Asked,      ///< nothing has been started
  Running,    ///< the update program may have begun
  Installed,  ///< it ended well: the image is in place, and boots next
  Failed,
};

struct KnownOperation {
  std::string name;
  Phase phase = Phase::Asked;
  std::string boot_id;     ///< of the boot in which it came to this phase
  std::string message;     ///< of Failed: why
  nlohmann::json request;  ///< what the update program gets

  bool operator==(const KnownOperation&) const = default;
};

/// Held by who runs an update program, and shortly by who changes the file. Goes with its process, however that ends.
class OperationLock {
 public:
  explicit OperationLock(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  UniqueFd fd_;
};

class OperationFile {
 public:
  /// @param folder is made when it is not there. @throws Error if it can't be.
  explicit OperationFile(std::filesystem::path folder);

  /// Nothing when there is none. @throws Error(BadInput) for a file that is not ours or is damaged.
  std::optional<KnownOperation> read() const;
  /// Whole or not at all, and on the disk when it returns. Only with the lock.
  void write(const OperationLock& lock, const KnownOperation& operation) const;

  /// Waits for it. @throws Error if there can't be one.
  OperationLock lock() const;
  /// Nothing while somebody else has it.
  std::optional<OperationLock> try_lock() const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  UniqueFd open_lock() const;

  std::filesystem::path folder_;
};

}  // namespace keelson::node
