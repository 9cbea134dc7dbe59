#include "inspect/report/space.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kLevels = 3;
constexpr std::size_t kMostFolders = 60;    // in a folder, told apart
constexpr std::size_t kMostNames = 10'000;  // in a folder, counted apart: a hostile one has millions

struct Counted {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::map<std::string, Counted, std::less<>> folders;

  void add(std::uint64_t more) {
    ++files;
    bytes = more > std::numeric_limits<std::uint64_t>::max() - bytes ? std::numeric_limits<std::uint64_t>::max()
                                                                     : bytes + more;
  }
};

void count(Counted& root, std::string_view path, std::uint64_t bytes) {
  Counted* here = &root;
  here->add(bytes);
  path.remove_prefix(1);
  for (std::size_t level = 0; level < kLevels; ++level) {
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return;
    const std::string_view name = path.substr(0, slash);
    auto found = here->folders.find(name);
    if (found == here->folders.end()) {
      if (here->folders.size() >= kMostNames) return;
      found = here->folders.emplace(std::string(name), Counted{}).first;
    }
    here = &found->second;
    here->add(bytes);
    path.remove_prefix(slash + 1);
  }
}

SpaceFolder shown(std::string_view name, const Counted& counted) {
  SpaceFolder folder{.name = harmless_text(name), .bytes = counted.bytes, .files = counted.files};
  std::vector<std::pair<std::string_view, const Counted*>> order;
  for (const auto& [below, what] : counted.folders) order.emplace_back(below, &what);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second->bytes > b.second->bytes; });
  if (order.size() > kMostFolders) order.resize(kMostFolders);
  for (const auto& [below, what] : order) folder.folders.push_back(shown(below, *what));
  return folder;
}

}  // namespace

SpaceFolder space_of(const std::vector<ListedFile>& files) {
  Counted root;
  std::set<std::pair<const FileSystem*, NodeId>> seen;  // with several names
  for (const auto& file : files) {
    if (file.node.type == NodeType::Folder || !file.path.starts_with('/')) continue;
    const bool counts =
        file.node.type == NodeType::File && (file.node.links < 2 || seen.emplace(file.files, file.node.id).second);
    count(root, file.path, counts ? file.node.size.value : 0);
  }
  return shown("", root);
}

}  // namespace keelson::inspect
