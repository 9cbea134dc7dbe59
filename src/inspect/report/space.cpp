#include "inspect/report/space.h"

#include <algorithm>
#include <limits>

#include "base/harmless_text.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kLevels = 3;
constexpr std::size_t kMostShown = 60;         // folders of a folder
constexpr std::size_t kMostFolders = 200'000;  // counted apart: a hostile image has millions
constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

}  // namespace

void SpaceCounter::Counted::add(std::uint64_t more) {
  ++files;
  bytes = more > kLargest - bytes ? kLargest : bytes + more;
}

SpaceCounter::Counted* SpaceCounter::find_or_make(Counted& above, std::string_view name) {
  const auto found = above.folders.find(name);
  if (found != above.folders.end()) return &found->second;
  if (folders_ >= kMostFolders) return nullptr;
  ++folders_;
  return &above.folders.emplace(std::string(name), Counted{}).first->second;
}

void SpaceCounter::add(const ListedFile& file) {
  if (file.node.type == NodeType::Folder || !file.path.starts_with('/')) return;
  const bool counts =
      file.node.type == NodeType::File && (file.node.links < 2 || seen_.emplace(file.files, file.node.id).second);
  const std::uint64_t bytes = counts ? file.node.size.value : 0;
  root_.add(bytes);
  Counted* here = &root_;
  std::string_view path = std::string_view(file.path).substr(1);
  for (std::size_t level = 0; level < kLevels; ++level) {
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return;
    here = find_or_make(*here, path.substr(0, slash));
    if (here == nullptr) return;
    here->add(bytes);
    path.remove_prefix(slash + 1);
  }
}

SpaceFolder SpaceCounter::shown(std::string_view name, const Counted& counted) {
  SpaceFolder folder{.name = harmless_text(name), .bytes = counted.bytes, .files = counted.files};
  std::vector<std::pair<std::string_view, const Counted*>> order;
  for (const auto& [below, what] : counted.folders) order.emplace_back(below, &what);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second->bytes > b.second->bytes; });
  if (order.size() > kMostShown) order.resize(kMostShown);
  for (const auto& [below, what] : order) folder.folders.push_back(shown(below, *what));
  return folder;
}

SpaceFolder SpaceCounter::result() const { return shown("", root_); }

}  // namespace keelson::inspect
