#include "inspect/file_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "base/harmless_text.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostNames = 5'000'000;
constexpr std::size_t kMostDepth = 256;

class Lister {
 public:
  Lister(const std::vector<MountedFiles>& mounts, const std::function<void(ListedFile)>& visit,
         const std::function<void(std::string)>& note)
      : visit_(visit), note_(note) {
    for (const auto& mount : mounts) mount_points_.insert(mount.mount_point);
  }

  void list(const MountedFiles& mount) {
    seen_.clear();
    waiting_.push_back({mount.files->root(), mount.mount_point == "/" ? "" : mount.mount_point, 0});
    while (!waiting_.empty() && found_ < kMostNames) {
      const Folder folder = std::move(waiting_.back());
      waiting_.pop_back();
      look_into(*mount.files, folder);
    }
    if (found_ < kMostNames) return;
    note_("there are more than 5,000,000 files: the rest was not looked at");
    waiting_.clear();
  }

 private:
  struct Folder {
    NodeId id;
    std::string path;  // "" is the root
    std::size_t depth;
  };

  void look_into(const FileSystem& files, const Folder& folder) {
    if (!seen_.insert(folder.id).second)
      return note_(fmt::format("'{}' is a folder twice", harmless_text(folder.path)));
    std::vector<FolderEntry> entries;
    try {
      entries = files.list(folder.id);
    } catch (const Error& error) {
      return note_(error.message());
    }
    const auto above = static_cast<std::ptrdiff_t>(waiting_.size());
    for (const auto& entry : entries) {
      if (found_ >= kMostNames) return;
      add(files, entry, folder);
    }
    std::reverse(waiting_.begin() + above, waiting_.end());  // the last is looked into next
  }

  void add(const FileSystem& files, const FolderEntry& entry, const Folder& folder) {
    std::string path = folder.path + "/" + entry.name;
    try {
      const Node node = files.node(entry.id);
      if (node.type == NodeType::Folder && !mount_points_.contains(path)) {
        if (folder.depth + 1 < kMostDepth) {
          waiting_.push_back({entry.id, path, folder.depth + 1});
        } else {
          note_(fmt::format("'{}' is more than 256 folders deep: it was not looked at",
                            harmless_text(path.substr(0, 100))));
        }
      }
      ++found_;
      visit_({std::move(path), &files, node});
    } catch (const Error& error) {
      note_(error.message());
    }
  }

  const std::function<void(ListedFile)>& visit_;
  const std::function<void(std::string)>& note_;
  std::set<std::string, std::less<>> mount_points_;
  std::size_t found_ = 0;
  std::vector<Folder> waiting_;
  std::unordered_set<NodeId> seen_;  // folders: a lying file system may have cycles
};

}  // namespace

void visit_files(const std::vector<MountedFiles>& mounts, const std::function<void(ListedFile)>& visit,
                 const std::function<void(std::string)>& note) {
  Lister lister(mounts, visit, note);
  for (const auto& mount : mounts) lister.list(mount);
}

std::vector<ListedFile> list_files(const std::vector<MountedFiles>& mounts,
                                   const std::function<void(std::string)>& note) {
  std::vector<ListedFile> found;
  visit_files(
      mounts, [&](ListedFile file) { found.push_back(std::move(file)); }, note);
  std::sort(found.begin(), found.end(), [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; });
  return found;
}

}  // namespace keelson::inspect
