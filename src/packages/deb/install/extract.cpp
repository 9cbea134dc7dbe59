#include "packages/deb/install/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace keelson::deb {

namespace {

constexpr std::size_t kMostEntries = 1'000'000;

struct ArchiveCloser {
  void operator()(archive* handle) const { archive_read_free(handle); }
};

// "./usr/bin/x/" → "usr/bin/x"; the top itself is "". A ".." anywhere is refused.
std::string clean_path(const char* raw, std::string_view package) {
  std::string path;
  for (const auto part : split(raw == nullptr ? "" : raw, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..")
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot unpack package '{}': its archive holds the path '{}'", package, raw));
    if (!path.empty()) path += '/';
    path += part;
  }
  return path;
}

// /bin, /lib … are symlinks into /usr, so "lib/x" and "usr/lib/x" are the same file.
std::string owner_key(const std::string& path) {
  for (const std::string_view top : {"bin/", "sbin/", "lib/", "lib64/"}) {
    if (path.starts_with(top)) return "usr/" + path;
  }
  return path;
}

class Extractor {
 public:
  Extractor(std::string_view name, std::size_t number, const std::set<std::string>& conffiles, const RootDir& root,
            PathOwners& owners)
      : name_(name), number_(number), conffiles_(conffiles), root_(root), owners_(owners) {}

  void take(archive* reader, archive_entry* entry) {
    const std::string path = clean_path(archive_entry_pathname(entry), name_);
    list_.push_back(path.empty() ? "/." : "/" + path);
    if (list_.size() > kMostEntries)
      throw Error(ErrorKind::BadInput, fmt::format("cannot unpack package '{}': it has too many files", name_));
    if (path.empty()) return;
    const char* hard_link = archive_entry_hardlink(entry);
    const auto type = archive_entry_filetype(entry);
    if (hard_link == nullptr && type == AE_IFDIR) {
      make_folder(path, entry);
      return;
    }
    if (owners_.claim(owner_key(path), number_) == PathOwners::Verdict::Skip) return;
    const auto [folder, leaf] = parent_of(path);
    const std::string target = conffiles_.contains("/" + path) ? leaf + ".dpkg-new" : leaf;
    if (hard_link != nullptr) {
      make_hard_link(clean_path(hard_link, name_), folder, target, path);
    } else if (type == AE_IFREG) {
      write_file_entry(reader, entry, folder, target, path);
    } else if (type == AE_IFLNK) {
      make_symlink(entry, folder, target, path);
    } else {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot unpack package '{}': '/{}' is a device or pipe", name_, path));
    }
  }

  FileList take_list() { return std::move(list_); }

 private:
  // Entries come folder by folder: the last folder stays open.
  std::pair<int, std::string> parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    if (folder != open_folder_) {
      auto found = root_.find(folder, O_PATH | O_DIRECTORY);
      if (!found) {
        root_.make_folders(folder);
        found = root_.open(folder, O_PATH | O_DIRECTORY);
      }
      folder_ = std::move(*found);
      open_folder_ = folder;
    }
    return {folder_.get(), slash == std::string::npos ? path : path.substr(slash + 1)};
  }

  void make_folder(const std::string& path, archive_entry* entry) {
    const auto [folder, leaf] = parent_of(path);
    const bool counts = owners_.claim_folder(owner_key(path), number_);
    if (::mkdirat(folder, leaf.c_str(), 0700) != 0) {
      if (errno != EEXIST) throw system_error("create", path, errno);
      struct stat status {};
      if (::fstatat(folder, leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("read", path, errno);
      if (!counts || !S_ISDIR(status.st_mode)) return;  // a symlink to a folder stays
    }
    set_owner_and_mode(folder, leaf, entry, path);
  }

  void set_owner_and_mode(int folder, const std::string& leaf, archive_entry* entry, const std::string& path) {
    const auto uid = static_cast<uid_t>(archive_entry_uid(entry));
    const auto gid = static_cast<gid_t>(archive_entry_gid(entry));
    if ((uid != 0 || gid != 0) && ::fchownat(folder, leaf.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("set the owner of", path, errno);
    if (::fchmodat(folder, leaf.c_str(), archive_entry_perm(entry), 0) != 0)
      throw system_error("set the mode of", path, errno);
  }

  UniqueFd create(int folder, const std::string& leaf, const std::string& path) {
    UniqueFd fd(::openat(folder, leaf.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd && errno == EEXIST) {
      // Another package's version of a file that we replace.
      if (::unlinkat(folder, leaf.c_str(), 0) != 0) throw system_error("replace", path, errno);
      fd.reset(::openat(folder, leaf.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    }
    if (!fd) throw system_error("create", path, errno);
    return fd;
  }

  void write_file_entry(archive* reader, archive_entry* entry, int folder, const std::string& leaf,
                        const std::string& path) {
    const UniqueFd fd = create(folder, leaf, path);
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(reader, &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK)
        throw Error(ErrorKind::BadInput, fmt::format("cannot unpack package '{}': its data is damaged", name_));
      write_all_at(fd.get(), {static_cast<const std::byte*>(block), size}, static_cast<std::uint64_t>(offset), path);
    }
    const auto uid = static_cast<uid_t>(archive_entry_uid(entry));
    const auto gid = static_cast<gid_t>(archive_entry_gid(entry));
    if ((uid != 0 || gid != 0) && ::fchown(fd.get(), uid, gid) != 0)
      throw system_error("set the owner of", path, errno);
    if (::fchmod(fd.get(), archive_entry_perm(entry)) != 0) throw system_error("set the mode of", path, errno);
    const timespec time{archive_entry_mtime(entry), 0};
    const timespec times[2] = {time, time};
    if (::futimens(fd.get(), times) != 0) throw system_error("set the time of", path, errno);
  }

  void make_symlink(archive_entry* entry, int folder, const std::string& leaf, const std::string& path) {
    const char* target = archive_entry_symlink(entry);
    if (target == nullptr)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot unpack package '{}': '/{}' is a symlink to nowhere", name_, path));
    if (::symlinkat(target, folder, leaf.c_str()) != 0) {
      if (errno != EEXIST || ::unlinkat(folder, leaf.c_str(), 0) != 0 ||
          ::symlinkat(target, folder, leaf.c_str()) != 0) {
        throw system_error("create", path, errno);
      }
    }
    const timespec time{archive_entry_mtime(entry), 0};
    const timespec times[2] = {time, time};
    ::utimensat(folder, leaf.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  void make_hard_link(const std::string& target, int folder, const std::string& leaf, const std::string& path) {
    const auto [target_folder, target_leaf] = root_.open_parent(target);
    const std::string source = conffiles_.contains("/" + target) ? target_leaf + ".dpkg-new" : target_leaf;
    if (::linkat(target_folder.get(), source.c_str(), folder, leaf.c_str(), 0) != 0) {
      if (errno != EEXIST || ::unlinkat(folder, leaf.c_str(), 0) != 0 ||
          ::linkat(target_folder.get(), source.c_str(), folder, leaf.c_str(), 0) != 0) {
        throw system_error("link", path, errno);
      }
    }
  }

  std::string_view name_;
  std::size_t number_;
  const std::set<std::string>& conffiles_;
  const RootDir& root_;
  PathOwners& owners_;
  FileList list_;
  std::string open_folder_ = "\n";  // no path
  UniqueFd folder_;
};

}  // namespace

PathOwners::PathOwners(std::vector<std::string> names, Replaces replaces)
    : names_(std::move(names)), replaces_(std::move(replaces)) {}

PathOwners::Verdict PathOwners::claim(const std::string& path, std::size_t package) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = owner_.try_emplace(path, package);
  if (is_new || place->second == package) return Verdict::Write;
  const std::size_t other = place->second;
  if (replaces_(package, other)) {
    place->second = package;
    return Verdict::Write;
  }
  if (replaces_(other, package)) return Verdict::Skip;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot unpack package '{}': its file '/{}' is also in package '{}'", names_[package], path,
                          names_[other]),
              "the two packages cannot be installed together");
}

bool PathOwners::claim_folder(const std::string& path, std::size_t package) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = folder_owner_.try_emplace(path, package);
  if (is_new) return true;
  place->second = std::min(place->second, package);
  return place->second == package;
}

namespace {

using DataReader = std::unique_ptr<archive, ArchiveCloser>;

DataReader open_data(const OpenedPackage& package, std::string_view name) {
  DataReader reader(archive_read_new());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_tar(reader.get());
  const ByteView data = package.data_zstd();
  if (archive_read_open_memory(reader.get(), data.data(), data.size()) != ARCHIVE_OK) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot unpack package '{}': its data cannot be read", name));
  }
  return reader;
}

// The next entry, or nullptr at the end.
archive_entry* next_entry(archive* reader, std::string_view name) {
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(reader, &entry);
  if (status == ARCHIVE_EOF) return nullptr;
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot unpack package '{}': its data is damaged", name));
  }
  return entry;
}

}  // namespace

FileList extract_package(const OpenedPackage& package, std::string_view name, std::size_t number,
                         const std::set<std::string>& conffiles, const RootDir& root, PathOwners& owners) {
  const DataReader reader = open_data(package, name);
  Extractor extractor(name, number, conffiles, root, owners);
  while (archive_entry* entry = next_entry(reader.get(), name)) extractor.take(reader.get(), entry);
  return extractor.take_list();
}

std::string read_packaged_file(const OpenedPackage& package, std::string_view path) {
  const DataReader reader = open_data(package, path);
  while (archive_entry* entry = next_entry(reader.get(), path)) {
    if (archive_entry_filetype(entry) != AE_IFREG || clean_path(archive_entry_pathname(entry), path) != path) continue;
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (size > package.data_size()) break;
    std::string content(size, '\0');
    if (archive_read_data(reader.get(), content.data(), content.size()) == static_cast<la_ssize_t>(size))
      return content;
    break;
  }
  throw Error(ErrorKind::NotFound, fmt::format("cannot find '/{}' in the package", path));
}

}  // namespace keelson::deb
