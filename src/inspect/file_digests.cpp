#include "inspect/file_digests.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "inspect/installed_packages.h"
#include "inventory/rpm_package.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostFiles = 200'000;
constexpr std::size_t kMostFolders = 200'000;
constexpr std::size_t kMostDepth = 256;  // a folder that holds itself ends here
constexpr ByteCount kMostContent = gibibytes(64);
constexpr std::size_t kPiece = std::size_t{1} << 20;

[[noreturn]] void refuse(const char* why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot list the files: {}", why), "leave --files out");
}

// Path without the leading slash -> place of the package.
using Owners = std::unordered_map<std::string, std::size_t>;

// RPM's packages are found by name, version and architecture: kernels are there several times.
void add_rpm_files(const SystemFiles& files, const std::vector<inventory::BillPackage>& packages, Owners& owners) {
  using Key = std::tuple<std::string, std::string, std::string>;
  const auto key_of = [](const inventory::Package& each) { return Key(each.name, each.version, each.architecture); };
  std::map<Key, std::size_t> places;
  for (std::size_t i = 0; i < packages.size(); ++i) places.emplace(key_of(packages[i].package), i);
  auto database = find_rpm_database(files);
  if (!database) return;
  database->visit([&](const rpmdb::Header& header) {
    const auto place = places.find(key_of(inventory::rpm_package(header)));
    if (place == places.end()) return;
    inventory::visit_rpm_files(header, [&](const inventory::RpmFile& file) {
      if (owners.size() > 10 * kMostFiles) refuse("the packages name more than 2,000,000 files");
      if (file.path.size() > 1) owners.emplace(file.path.substr(1), place->second);
    });
  });
}

Owners owners_of(const SystemFiles& files, const std::vector<inventory::BillPackage>& packages) {
  Owners owners;
  if (!packages.empty() && packages.front().package.family == inventory::PackageFamily::Rpm) {
    add_rpm_files(files, packages, owners);
    return owners;
  }
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const auto& package = packages[i].package;
    std::optional<std::string> list;
    for (const auto& name : {package.name, package.name + ":" + package.architecture}) {
      if (!list) list = files.text(fmt::format("/var/lib/dpkg/info/{}.list", name), mebibytes(16));
    }
    if (!list) continue;
    for (std::string_view path : split(std::string_view(*list), '\n')) {
      if (!path.starts_with('/') || path.size() < 2) continue;
      if (owners.size() > 10 * kMostFiles) refuse("the packages name more than 2,000,000 files");
      owners.emplace(path.substr(1), i);
    }
  }
  return owners;
}

class Walk {
 public:
  Walk(const SystemFiles& files, const Owners& owners) : files_(files), owners_(owners), piece_(kPiece) {}

  void add(const MountedFiles& mount) {
    std::vector<Folder> waiting{{mount.files->root(), mount.mount_point == "/" ? "" : mount.mount_point, 0}};
    while (!waiting.empty()) {
      const Folder folder = std::move(waiting.back());
      waiting.pop_back();
      if (++folders_ > kMostFolders) refuse("there are more than 200,000 folders");
      try {
        for (const auto& entry : mount.files->list(folder.id)) look_at(*mount.files, folder, entry, waiting);
      } catch (const Error& error) {
        if (refused_) throw;
        files_.note(error.message());
      }
    }
  }

  std::vector<inventory::BillFile> finish() {
    std::sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    // What a mount point covers was seen as well as what is mounted there.
    const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };
    found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
    return std::move(found_);
  }

 private:
  struct Folder {
    NodeId id;
    std::string path;  // "" is the root
    std::size_t depth;
  };

  void look_at(const FileSystem& system, const Folder& folder, const FolderEntry& entry, std::vector<Folder>& waiting) {
    const std::string path = folder.path + "/" + entry.name;
    const Node node = system.node(entry.id);
    if (node.type == NodeType::Folder && folder.depth < kMostDepth)
      waiting.push_back({entry.id, path, folder.depth + 1});
    if (node.type != NodeType::File) return;
    content_ += node.size.value;
    refused_ = found_.size() == kMostFiles || node.size > kMostContent || content_ > kMostContent.value;
    if (found_.size() == kMostFiles) refuse("there are more than 200,000");
    if (refused_) refuse("they hold more than 64 GiB");
    inventory::BillFile file{.path = path, .sha1 = {}, .sha256 = {}, .package = owner_of(path)};
    try {
      digest(system, node, file);
      found_.push_back(std::move(file));
    } catch (const Error& error) {
      files_.note(error.message());
    }
  }

  void digest(const FileSystem& system, const Node& node, inventory::BillFile& file) {
    Sha256Hasher sha256;
    Sha1Hasher sha1;
    for (std::uint64_t at = 0; at < node.size.value;) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, node.size.value - at));
      const auto piece = std::span(piece_).first(size);
      system.read(node.id, at, piece);
      sha256.update(piece);
      sha1.update(piece);
      at += size;
    }
    file.sha256 = sha256.finish();
    file.sha1 = sha1.finish();
  }

  std::optional<std::size_t> owner_of(std::string_view path) const {
    const std::string name(path.substr(1));
    if (const auto found = owners_.find(name); found != owners_.end()) return found->second;
    // Packages may still say /lib for what merging has put into /usr/lib.
    if (name.starts_with("usr/")) {
      if (const auto found = owners_.find(name.substr(4)); found != owners_.end()) return found->second;
    }
    return std::nullopt;
  }

  const SystemFiles& files_;
  const Owners& owners_;
  Bytes piece_;
  std::vector<inventory::BillFile> found_;
  std::uint64_t content_ = 0;
  std::size_t folders_ = 0;
  bool refused_ = false;
};

}  // namespace

std::vector<inventory::BillFile> digest_files(const std::vector<MountedFiles>& mounts, const SystemFiles& files,
                                              const std::vector<inventory::BillPackage>& packages) {
  const Owners owners = owners_of(files, packages);
  Walk walk(files, owners);
  for (const auto& mount : mounts) walk.add(mount);
  return walk.finish();
}

}  // namespace keelson::inspect
