#include "inspect/diff/file_changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/harmless_text.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kPiece = 1u << 20;

std::uint64_t size_of(const Node& node) { return node.type == NodeType::File ? node.size.value : 0; }

class Comparer {
 public:
  explicit Comparer(const std::function<void(std::string)>& note) : note_(note) {}

  FileChange compare(const ListedFile& before, const ListedFile& after) {
    const Node &old_node = before.node, &new_node = after.node;
    FileChange change{.kind = FileChangeKind::Changed,
                      .path = after.path,
                      .what = {},
                      .type = new_node.type,
                      .old_size = size_of(old_node),
                      .new_size = size_of(new_node),
                      .details = {}};
    if (old_node.type != new_node.type) {
      change.what.emplace_back("type");
    } else if (new_node.type == NodeType::File && !has_same_content(before, after)) {
      change.what.emplace_back("content");
    } else if (new_node.type == NodeType::Symlink) {
      compare_targets(before, after, change);
    }
    if (old_node.mode != new_node.mode && new_node.type != NodeType::Symlink)
      put(change, "mode", fmt::format("{:04o} → {:04o}", old_node.mode, new_node.mode));
    if (old_node.uid != new_node.uid || old_node.gid != new_node.gid)
      put(change, "owner", fmt::format("{}:{} → {}:{}", old_node.uid, old_node.gid, new_node.uid, new_node.gid));
    const auto device = [](const Node& node) { return std::pair(node.device_major, node.device_minor); };
    if (device(old_node) != device(new_node)) change.what.emplace_back("device");
    compare_attributes(before, after, change);
    if (change.what.empty() && old_node.modified.seconds != new_node.modified.seconds) change.what.emplace_back("time");
    return change;
  }

 private:
  static void put(FileChange& change, std::string what, const std::string& details) {
    change.what.push_back(std::move(what));
    change.details += (change.details.empty() ? "" : ", ") + details;
  }

  void compare_targets(const ListedFile& before, const ListedFile& after, FileChange& change) {
    const auto target = [&](const ListedFile& file) {
      try {
        return file.files->link_target(file.node.id);
      } catch (const Error& error) {
        note_(error.message());
        return std::string();
      }
    };
    const std::string old_target = target(before), new_target = target(after);
    if (old_target != new_target)
      put(change, "target", fmt::format("{} → {}", harmless_text(old_target), harmless_text(new_target)));
  }

  void compare_attributes(const ListedFile& before, const ListedFile& after, FileChange& change) {
    auto old_ones = attributes_of(before), new_ones = attributes_of(after);
    const auto take_label = [](auto& attributes) {
      const auto found = attributes.extract("security.selinux");
      return found.empty() ? std::string() : found.mapped();
    };
    if (take_label(old_ones) != take_label(new_ones)) change.what.emplace_back("label");
    if (old_ones != new_ones) change.what.emplace_back("attributes");
  }

  std::map<std::string, std::string> attributes_of(const ListedFile& file) {
    try {
      return file.files->xattrs(file.node.id);
    } catch (const Error& error) {
      note_(error.message());
      return {};
    }
  }

  bool has_same_content(const ListedFile& before, const ListedFile& after) {
    if (before.node.size != after.node.size) return false;
    old_piece_.resize(kPiece);
    new_piece_.resize(kPiece);
    try {
      const std::uint64_t size = after.node.size.value;
      for (std::uint64_t at = 0; at < size;) {
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - at));
        if (is_hole(before, at, length) && is_hole(after, at, length)) {
          at = std::min(next_data(before, at, size), next_data(after, at, size));
          continue;
        }
        const auto old_piece = std::span(old_piece_).first(length), new_piece = std::span(new_piece_).first(length);
        before.files->read(before.node.id, at, old_piece);
        after.files->read(after.node.id, at, new_piece);
        if (!std::equal(old_piece.begin(), old_piece.end(), new_piece.begin())) return false;
        at += length;
      }
      return true;
    } catch (const Error& error) {
      note_(error.message());
      return false;
    }
  }

  // Sparse terabytes cost nothing.
  static std::uint64_t next_data(const ListedFile& file, std::uint64_t at, std::uint64_t size) {
    const auto data = file.files->next_data(file.node.id, at);
    return data ? std::max(at, data->offset) : size;
  }
  static bool is_hole(const ListedFile& file, std::uint64_t at, std::size_t length) {
    if (file.node.size.value <= kPiece) return false;
    return next_data(file, at, file.node.size.value) >= at + length;
  }

  const std::function<void(std::string)>& note_;
  std::vector<std::byte> old_piece_;
  std::vector<std::byte> new_piece_;
};

FileChange only_one(FileChangeKind kind, const ListedFile& file) {
  const std::uint64_t size = size_of(file.node);
  return {.kind = kind,
          .path = file.path,
          .what = {},
          .type = file.node.type,
          .old_size = kind == FileChangeKind::Removed ? size : 0,
          .new_size = kind == FileChangeKind::Added ? size : 0,
          .details = {}};
}

}  // namespace

std::vector<FileChange> file_changes(const std::vector<ListedFile>& before, const std::vector<ListedFile>& after,
                                     const std::function<void(std::string)>& note) {
  Comparer comparer(note);
  std::vector<FileChange> changes;
  auto old_file = before.begin();
  auto new_file = after.begin();
  while (old_file != before.end() || new_file != after.end()) {
    const bool gone = new_file == after.end() || (old_file != before.end() && old_file->path < new_file->path);
    const bool come = old_file == before.end() || (new_file != after.end() && new_file->path < old_file->path);
    if (gone) {
      changes.push_back(only_one(FileChangeKind::Removed, *old_file++));
    } else if (come) {
      changes.push_back(only_one(FileChangeKind::Added, *new_file++));
    } else {
      FileChange change = comparer.compare(*old_file++, *new_file++);
      if (!change.what.empty()) changes.push_back(std::move(change));
    }
  }
  return changes;
}

}  // namespace keelson::inspect
