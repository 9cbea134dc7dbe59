/// Every file of a system, over all its file systems.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "inspect/system_files.h"

namespace keelson::inspect {

struct ListedFile {
  std::string path;  ///< "/etc/passwd": its bytes as they are
  const FileSystem* files = nullptr;
  Node node;
};

/// In byte order of the paths, folders among them. What other mounts hide is left out.
/// @param note is told what was cut or could not be read. Bounds: 5 million names, 256 folders deep.
std::vector<ListedFile> list_files(const std::vector<MountedFiles>& mounts,
                                   const std::function<void(std::string)>& note);

/// The same one by one, for who need not keep them: each folder's in byte order, then those of the first folder in it.
void visit_files(const std::vector<MountedFiles>& mounts, const std::function<void(ListedFile)>& visit,
                 const std::function<void(std::string)>& note);

}  // namespace keelson::inspect
