#include "node/file_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/md5.h"
#include "inspect/diff/noise.h"
#include "inspect/folder_files.h"

namespace keelson::node {

namespace {

constexpr std::size_t kPiece = 1U << 20;
constexpr std::size_t kMostFiles = 1'000'000;
constexpr int kMostDepth = 128;
constexpr ByteCount kLargestList = mebibytes(64);

// Where a release's own files are; what lies elsewhere belongs to the node.
constexpr std::array<const char*, 4> kFolders{"/usr", "/etc", "/boot", "/opt"};
// What joining a cluster and the first boot make.
constexpr std::array<std::string_view, 19> kOfTheNode{
    "/etc/machine-id", "/etc/hostname",      "/etc/hosts",        "/etc/resolv.conf", "/etc/kubernetes/",
    "/etc/cni/",       "/etc/ssh/ssh_host_", "/etc/keelson/",     "/etc/.updated",    "/etc/mtab",
    "/etc/adjtime",    "/etc/.pwd.lock",     "/etc/localtime",    "/etc/ld.so.cache", "/etc/systemd/network/",
    "/etc/credstore",  "/opt/cni/",          "/boot/efi/loader/", "/boot/efi/EFI/"};

class Ignored {
 public:
  explicit Ignored(const std::vector<std::string>& more) : more_(more) {}
  bool operator()(std::string_view path) const {
    const auto begins = [&](std::string_view start) { return path.starts_with(start); };
    if (std::any_of(kOfTheNode.begin(), kOfTheNode.end(), begins)) return true;
    if (std::any_of(more_.begin(), more_.end(), begins)) return true;
    return !inspect::noise_of({.path = std::string(path), .what = {"content"}}).empty();
  }

 private:
  const std::vector<std::string>& more_;
};

bool is_in_folders(std::string_view path) {
  return std::any_of(kFolders.begin(), kFolders.end(), [&](std::string_view folder) {
    return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
  });
}

void add(Drift& drift, std::string_view path, std::string what) {
  drift.findings.push_back({DriftLevel::Files, harmless_text(path), std::move(what)});
}

void read_in_pieces(const inspect::Place& place, const std::function<void(ByteView)>& take) {
  Bytes buffer(std::min<std::size_t>(kPiece, place.node.size.value));
  for (std::uint64_t offset = 0; offset < place.node.size.value;) {
    const auto length = std::min<std::uint64_t>(buffer.size(), place.node.size.value - offset);
    const std::span piece = std::span(buffer).first(length);
    place.files->read(place.node.id, offset, piece);
    take(piece);
    offset += length;
  }
}

std::string sha256_of(const inspect::Place& place) {
  Sha256Hasher hasher;
  read_in_pieces(place, [&](ByteView bytes) { hasher.update(bytes); });
  return hasher.finish().hex();
}

void compare_with_bill(Drift& drift, const LiveRoot& root, const std::map<std::string, std::string>& files,
                       const Ignored& ignored) {
  for (const auto& [path, digest] : files) {
    if (!is_in_folders(path) || ignored(path)) continue;
    try {
      const auto place = root.files().find(path, inspect::LastLink::Keep);
      if (!place)
        add(drift, path, "is gone");
      else if (place->node.type != NodeType::File)
        add(drift, path, "is no regular file any more");
      else if (sha256_of(*place) != digest)
        add(drift, path, "has another content");
    } catch (const Error& error) {
      drift.notes.push_back(error.message());
    }
  }
}

/// Regular files below a folder, in no other mount.
class Walk {
 public:
  Walk(const FileSystem& files, const std::function<void(const std::string&)>& take) : files_(files), take_(take) {}

  void below(NodeId folder, const std::string& path, int depth) {
    if (depth > kMostDepth || count_ > kMostFiles) return;
    for (const auto& entry : files_.list(folder)) {
      const std::string name = path + "/" + entry.name;
      const Node node = files_.node(entry.id);
      if (node.type == NodeType::Folder) below(entry.id, name, depth + 1);
      if (node.type == NodeType::File && ++count_ <= kMostFiles) take_(name);
    }
  }

 private:
  const FileSystem& files_;
  const std::function<void(const std::string&)>& take_;
  std::size_t count_ = 0;
};

void find_added(Drift& drift, const LiveRoot& root, const std::map<std::string, std::string>& files,
                const Ignored& ignored) {
  const std::function<void(const std::string&)> take = [&](const std::string& path) {
    if (!files.contains(path) && !ignored(path)) add(drift, path, "is not in the release");
  };
  const inspect::FolderFiles alone(root.path(), inspect::Mounts::Hide);
  for (const std::string folder : kFolders) {
    const auto id = alone.find(alone.root(), folder.substr(1));
    if (!id || alone.node(*id).type != NodeType::Folder) continue;
    try {
      Walk(alone, take).below(*id, folder, 0);
    } catch (const Error& error) {
      drift.notes.push_back(error.message());
    }
  }
}

// Three lines each: where it was, where it is now, by whom.
std::set<std::string> diverted(const LiveRoot& root) {
  std::set<std::string> paths;
  const auto text = root.files().text("/var/lib/dpkg/diversions", kLargestList).value_or("");
  for (const auto line : split(text, '\n')) paths.emplace(line);
  return paths;
}

// Documentation is left out of many images on purpose.
bool may_be_missing(std::string_view path) {
  constexpr std::array<std::string_view, 6> kTrimmed{"/usr/share/doc/",     "/usr/share/man/",
                                                     "/usr/share/info/",    "/usr/share/locale/",
                                                     "/usr/share/lintian/", "/usr/share/gnome/help/"};
  return std::any_of(kTrimmed.begin(), kTrimmed.end(), [&](auto start) { return path.starts_with(start); });
}

/// @return false where MD5 is refused.
bool compare_with_md5(Drift& drift, const LiveRoot& root, const std::string& path, std::string_view wanted) {
  auto place = root.files().find(path, inspect::LastLink::Follow);
  if (!place) {
    if (!may_be_missing(path)) add(drift, path, "is gone");
    return true;
  }
  if (place->node.type != NodeType::File) {
    add(drift, path, "is no regular file any more");
    return true;
  }
  const auto digest = md5_hex([&](const auto& take) { read_in_pieces(*place, take); });
  if (digest && *digest != wanted) add(drift, path, "has another content than its package brought");
  return digest.has_value();
}

void compare_with_dpkg(Drift& drift, const LiveRoot& root, const Ignored& ignored) {
  constexpr std::string_view kInfo = "/var/lib/dpkg/info";
  constexpr std::size_t kDigits = 32;
  const auto elsewhere = diverted(root);
  std::size_t compared = 0;
  for (const auto& name : root.files().list(kInfo)) {
    if (!name.ends_with(".md5sums")) continue;
    const auto list = root.files().text(fmt::format("{}/{}", kInfo, name), kLargestList).value_or("");
    for (const auto line : split(list, '\n')) {
      if (line.size() < kDigits + 3 || line[kDigits] != ' ') continue;
      const std::string path = "/" + std::string(trim(line.substr(kDigits)));
      if (elsewhere.contains(path) || ignored(path)) continue;
      try {
        if (!compare_with_md5(drift, root, path, line.substr(0, kDigits)))
          return drift.notes.push_back("files are not compared: MD5, by which dpkg lists them, is refused (FIPS mode)");
      } catch (const Error& error) {
        drift.notes.push_back(error.message());
      }
      ++compared;
    }
  }
  if (compared > 0) {
    drift.compared.push_back(fmt::format(
        "files: {} with the checksums of the node's own package database, which are only as good as its disk",
        compared));
  } else {
    drift.notes.push_back("files are not compared: no bill is configured, and the package database has no checksums");
  }
}

}  // namespace

void add_file_drift(Drift& drift, const LiveRoot& root, const Reference& reference,
                    const std::vector<std::string>& ignore) {
  const Ignored ignored(ignore);
  if (!reference.files) return compare_with_dpkg(drift, root, ignored);
  drift.compared.push_back(fmt::format("files: by the release's bill, below {}", fmt::join(kFolders, ", ")));
  compare_with_bill(drift, root, *reference.files, ignored);
  find_added(drift, root, *reference.files, ignored);
}

}  // namespace keelson::node
