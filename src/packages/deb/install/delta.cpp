#include "packages/deb/install/delta.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace keelson::deb {

namespace {

constexpr useconds_t kTick = 12'000;  // the kernel counts change times in steps of it: 10 ms at most
constexpr const char* kRemovedName = ".keelson-removed";
constexpr const char* kCapability = "security.capability";

struct ReadCloser {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
struct WriteCloser {
  void operator()(archive* handle) const { archive_write_free(handle); }
};
struct EntryCloser {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, EntryCloser>;

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

EntryStamp stamp_of(const struct stat& status) {
  // A folder's times change with what is in it; only its own metadata counts.
  const bool folder = S_ISDIR(status.st_mode);
  return {.inode = status.st_ino,
          .changed_ns =
              folder ? static_cast<std::int64_t>(status.st_uid) << 32 | status.st_gid : nanoseconds(status.st_ctim),
          .modified_ns = folder ? 0 : nanoseconds(status.st_mtim),
          .size = folder ? 0 : status.st_size,
          .mode = status.st_mode};
}

void walk(UniqueFd folder, const std::string& prefix, TreeStamps& stamps) {
  DIR* stream = ::fdopendir(folder.get());
  if (stream == nullptr) throw system_error("read", prefix, errno);
  const int fd = folder.release();
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(stream, ::closedir);
  while (const dirent* entry = ::readdir(stream)) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    const std::string path = prefix.empty() ? entry->d_name : prefix + "/" + entry->d_name;
    struct stat status {};
    if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("read", path, errno);
    stamps[path] = stamp_of(status);
    if (S_ISDIR(status.st_mode)) {
      UniqueFd child(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!child) throw system_error("open", path, errno);
      walk(std::move(child), path, stamps);
    }
  }
}

void must(archive* handle, int status, const std::filesystem::path& file) {
  if (status < ARCHIVE_WARN) {
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot write '{}': {}", file.native(), archive_error_string(handle)));
  }
}

class DeltaWriter {
 public:
  DeltaWriter(const RootDir& root, const std::filesystem::path& file)
      : root_(root), file_(file), output_(file), archive_(archive_write_new()) {
    archive_write_set_format_pax_restricted(archive_.get());
    archive_write_add_filter_zstd(archive_.get());
    archive_write_set_filter_option(archive_.get(), "zstd", "compression-level", "1");
    must(archive_.get(), archive_write_open_fd(archive_.get(), output_.fd()), file_);
  }

  void add_text(const char* path, std::string_view content) {
    const Entry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    must(archive_.get(), archive_write_header(archive_.get(), entry.get()), file_);
    must(archive_.get(), static_cast<int>(archive_write_data(archive_.get(), content.data(), content.size())), file_);
  }

  void add(const std::string& path) {
    const auto status = root_.status(path);
    if (!status) return;
    const Entry entry(archive_entry_new());
    archive_entry_copy_stat(entry.get(), &*status);
    archive_entry_set_pathname(entry.get(), path.c_str());
    if (S_ISLNK(status->st_mode)) archive_entry_set_symlink(entry.get(), root_.read_link(path).c_str());
    std::string content;
    if (S_ISREG(status->st_mode)) {
      const auto [first, is_new] = inodes_.try_emplace(status->st_ino, path);
      if (!is_new) {
        archive_entry_set_hardlink(entry.get(), first->second.c_str());
        archive_entry_set_size(entry.get(), 0);
      } else {
        content = root_.read(path, gibibytes(4));
        copy_capability(path, entry.get());
      }
    }
    must(archive_.get(), archive_write_header(archive_.get(), entry.get()), file_);
    if (!content.empty())
      must(
          archive_.get(),
          static_cast<int>(std::min<la_ssize_t>(0, archive_write_data(archive_.get(), content.data(), content.size()))),
          file_);
  }

  void commit() {
    must(archive_.get(), archive_write_close(archive_.get()), file_);
    output_.commit();
  }

 private:
  void copy_capability(const std::string& path, archive_entry* entry) {
    std::array<char, 64> value{};
    const UniqueFd fd = root_.open(path, O_RDONLY | O_NONBLOCK);
    const ssize_t size = ::fgetxattr(fd.get(), kCapability, value.data(), value.size());
    if (size > 0) archive_entry_xattr_add_entry(entry, kCapability, value.data(), static_cast<std::size_t>(size));
  }

  const RootDir& root_;
  std::filesystem::path file_;
  AtomicFile output_;
  std::unique_ptr<archive, WriteCloser> archive_;
  std::map<ino_t, std::string> inodes_;
};

[[noreturn]] void damaged(const std::filesystem::path& file) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is damaged", file.native()));
}

std::string read_content(archive* reader, archive_entry* entry, const std::filesystem::path& file) {
  const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
  if (size > gibibytes(4).value) damaged(file);
  std::string content(size, '\0');
  if (archive_read_data(reader, content.data(), content.size()) != static_cast<la_ssize_t>(size)) damaged(file);
  return content;
}

void remove_whatever(const RootDir& root, const std::string& path) {
  const auto status = root.status(path);
  if (!status) return;
  if (S_ISDIR(status->st_mode)) root.clear_folder(path);
  root.remove(path);
}

class DeltaApplier {
 public:
  DeltaApplier(const RootDir& root, const std::filesystem::path& file) : root_(root), file_(file) {}

  void take(archive* reader, archive_entry* entry) {
    const std::string path = archive_entry_pathname(entry);
    if (path == kRemovedName) {
      const std::string removed = read_content(reader, entry, file_);
      for (const auto line : split(removed, '\n')) {
        if (!line.empty()) remove_whatever(root_, std::string(line));
      }
      return;
    }
    const auto type = archive_entry_filetype(entry);
    if (const auto status = root_.status(path); status && (type != AE_IFDIR || !S_ISDIR(status->st_mode)))
      remove_whatever(root_, path);
    const auto [folder, leaf] = root_.open_parent(path);
    if (const char* hard_link = archive_entry_hardlink(entry)) {
      const auto [first_folder, first_leaf] = root_.open_parent(hard_link);
      if (::linkat(first_folder.get(), first_leaf.c_str(), folder.get(), leaf.c_str(), 0) != 0)
        throw system_error("link", path, errno);
      return;
    }
    if (type == AE_IFDIR) {
      if (::mkdirat(folder.get(), leaf.c_str(), 0700) != 0 && errno != EEXIST)
        throw system_error("create", path, errno);
    } else if (type == AE_IFLNK) {
      if (::symlinkat(archive_entry_symlink(entry), folder.get(), leaf.c_str()) != 0)
        throw system_error("create", path, errno);
    } else if (type == AE_IFREG) {
      write_content(read_content(reader, entry, file_), folder.get(), leaf, path);
    } else {
      damaged(file_);
    }
    set_metadata(entry, folder.get(), leaf, path);
  }

 private:
  void write_content(const std::string& content, int folder, const std::string& leaf, const std::string& path) {
    const UniqueFd fd(::openat(folder, leaf.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) throw system_error("create", path, errno);
    write_all(fd.get(), as_bytes(content), path);
  }

  void set_metadata(archive_entry* entry, int folder, const std::string& leaf, const std::string& path) {
    const auto uid = static_cast<uid_t>(archive_entry_uid(entry));
    const auto gid = static_cast<gid_t>(archive_entry_gid(entry));
    if (::fchownat(folder, leaf.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("set the owner of", path, errno);
    if (archive_entry_filetype(entry) != AE_IFLNK &&
        ::fchmodat(folder, leaf.c_str(), archive_entry_perm(entry), 0) != 0) {
      throw system_error("set the mode of", path, errno);
    }
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (archive_entry_xattr_reset(entry); archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK;) {
      const UniqueFd fd = root_.open(path, O_RDONLY | O_NONBLOCK);
      if (::fsetxattr(fd.get(), name, value, size, 0) != 0) throw system_error("set a capability on", path, errno);
    }
    const timespec time{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
    const timespec times[2] = {time, time};
    ::utimensat(folder, leaf.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  const RootDir& root_;
  std::filesystem::path file_;
};

}  // namespace

TreeStamps read_stamps(const RootDir& root) {
  TreeStamps stamps;
  walk(root.open(".", O_RDONLY | O_DIRECTORY), "", stamps);
  ::usleep(kTick);
  return stamps;
}

void write_delta(const RootDir& root, const TreeStamps& before, const std::filesystem::path& file) {
  const TreeStamps now = read_stamps(root);
  std::string removed;
  for (const auto& [path, stamp] : before) {
    if (!now.contains(path)) removed += path + "\n";
  }
  DeltaWriter writer(root, file);
  writer.add_text(kRemovedName, removed);
  for (const auto& [path, stamp] : now) {
    const auto old = before.find(path);
    if (old == before.end() || !(old->second == stamp)) writer.add(path);
  }
  writer.commit();
}

void apply_delta(const RootDir& root, const std::filesystem::path& file) {
  const std::unique_ptr<archive, ReadCloser> reader(archive_read_new());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), 1 << 20) != ARCHIVE_OK) damaged(file);
  DeltaApplier applier(root, file);
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) applier.take(reader.get(), entry);
  if (status != ARCHIVE_EOF) damaged(file);
}

}  // namespace keelson::deb
