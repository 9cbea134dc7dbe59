/// What differs between the files of two systems: by content and by everything that a file system keeps of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "inspect/file_list.h"

namespace keelson::inspect {

enum class FileChangeKind { Added, Removed, Changed };

struct FileChange {
  FileChangeKind kind = FileChangeKind::Changed;
  std::string path;
  /// Of a changed file, in this order: "type", "content", "target", "mode", "owner", "device", "label" (SELinux's),
  /// "attributes" (all others); or only "time".
  std::vector<std::string> what;
  NodeType type = NodeType::File;  ///< of the new one, or of the one removed
  std::uint64_t old_size = 0;      ///< bytes; 0 for what has no content
  std::uint64_t new_size = 0;
  std::string details;  ///< "0644 → 4755", "root:root (0:0) → 1000:1000": of mode, owner and target; "" for others
};

/// In order of the paths. Contents of equal size are compared byte by byte: no hash, no trust in times.
/// @param note is told what could not be read; such a file counts as changed ("content").
std::vector<FileChange> file_changes(const std::vector<ListedFile>& before, const std::vector<ListedFile>& after,
                                     const std::function<void(std::string)>& note);

}  // namespace keelson::inspect
