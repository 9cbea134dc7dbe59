#include "image/filesystems/lazy_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "base/error.h"
#include "sys/file.h"
#include "sys/open_watcher.h"
#include "sys/parallel.h"

namespace keelson::image {

namespace {

// Kernels before 6.13 count change times in steps of their tick; what changes from here on must get a later one.
constexpr useconds_t kTick = 12'000;
constexpr const char* kCapability = "security.capability";
constexpr std::size_t kPiece = std::size_t{256} << 10;

// "/boot/efi/" is "boot/efi".
std::string relative(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::string inside(const std::string& at, const std::string& path) {
  if (at.empty()) return path;
  return path.empty() ? at : at + "/" + path;
}

struct stat status_of(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("read", path, errno);
  return status;
}

// Gives each piece of content that is no hole, with its place.
template <class Take>
void read_content(const LazyRecords::Origin& origin, Bytes& buffer, const Take& take) {
  buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, origin.size)));
  for (auto data = origin.source->next_data(origin.id, 0); data;
       data = origin.source->next_data(origin.id, data->end())) {
    for (std::uint64_t at = data->offset; at < data->end();) {
      const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), data->end() - at));
      origin.source->read(origin.id, at, piece);
      take(at, piece);
      at += piece.size();
    }
    if (data->end() >= origin.size) break;
  }
}

void fill_file(const LazyRecords::Origin& origin, int to, const struct stat& status) {
  // Writing takes setuid bits and capabilities away, as it should of everybody else.
  std::array<char, 64> capability;
  const ssize_t length = ::fgetxattr(to, kCapability, capability.data(), capability.size());
  Bytes buffer;
  read_content(origin, buffer,
               [&](std::uint64_t at, std::span<std::byte> piece) { write_all_at(to, piece, at, "file of the image"); });
  const std::array<timespec, 2> times{status.st_mtim, status.st_mtim};
  if (::fchmod(to, status.st_mode & 07777) != 0 ||
      (length > 0 && ::fsetxattr(to, kCapability, capability.data(), static_cast<std::size_t>(length), 0) != 0) ||
      ::futimens(to, times.data()) != 0) {
    throw system_error("create", "file of the image", errno);
  }
}

}  // namespace

LazyTree::LazyTree(RootDir& root) : root_(root) { root_.set_lazy_files(this); }

LazyTree::~LazyTree() { root_.set_lazy_files(nullptr); }

void LazyTree::lay_out(const FileSystem& source, std::string_view mount_point) {
  const std::string at = relative(mount_point);
  auto tree = std::make_unique<SourceTree>(source, at);
  if (!at.empty()) root_.clear_folder(at);
  const UniqueFd folder = root_.open(at, O_RDONLY | O_DIRECTORY);
  auto maker = std::make_unique<LazyMaker>(*tree, laid_out_.size(), at, root_, records_);
  maker->own_root(folder.get());
  laid_out_.push_back({at, std::move(tree), std::move(maker)});
  const auto status = status_of(folder.get(), at);
  records_.made(status);
  make_entries(folder.get(), status, {laid_out_.size() - 1, 0});
}

std::string LazyTree::path_of(const Folder& folder) const {
  const LaidOut& place = laid_out_[folder.tree];
  return inside(place.at, place.tree->path(folder.item));
}

void LazyTree::expand(int folder, const struct stat& status) {
  const auto place = records_.unexpanded(status.st_ino);
  if (!place || !records_.take_unexpanded(status.st_ino)) return;
  // What was opened may be only a path.
  const UniqueFd fd(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error("open", path_of(*place), errno);
  make_entries(fd.get(), status, *place);
}

void LazyTree::make_entries(int folder, const struct stat& status, const Folder& place) {
  const bool as_made = records_.is_as_made(status);
  laid_out_[place.tree].maker->make_entries(folder, place.item);
  const std::array<timespec, 2> times{status.st_mtim, status.st_mtim};
  if (::futimens(folder, times.data()) != 0) throw system_error("create", path_of(place), errno);
  if (as_made) records_.made(status_of(folder, path_of(place)));
  if (!expanding_all_) expand_linked(place);
}

// A file with several names is on the host with all of them, or with none.
void LazyTree::expand_linked(const Folder& place) {
  const SourceTree& tree = *laid_out_[place.tree].tree;
  const auto& folder = tree.items()[place.item];
  for (std::size_t i = folder.first_child; i < folder.first_child + folder.children; ++i) {
    for (const std::size_t other : tree.folders_of(tree.items()[i].node.id)) {
      if (other != place.item) linked_.push_back({place.tree, other});
    }
  }
  if (expanding_linked_) return;  // no deeper: who began goes on
  expanding_linked_ = true;
  while (!linked_.empty()) {
    const Folder next = linked_.back();
    linked_.pop_back();
    root_.find(path_of(next), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }
  expanding_linked_ = false;
}

void LazyTree::forget(ino_t folder) { records_.take_unexpanded(folder); }

void LazyTree::expand_all(std::size_t threads) {
  expanding_all_ = true;
  for (auto folders = records_.all_unexpanded(); !folders.empty(); folders = records_.all_unexpanded()) {
    parallel_for(folders.size(), threads, [&](std::size_t i) {
      const auto& [number, place] = folders[i];
      root_.find(path_of(place), O_PATH | O_DIRECTORY | O_NOFOLLOW);
      records_.take_unexpanded(number);  // if it is no longer there
    });
  }
  expanding_all_ = false;
  ::usleep(kTick);
}

void LazyTree::fill(int file, const struct stat& status) {
  const auto origin = records_.take_hole(status);
  if (!origin) return;
  const bool as_made = records_.is_as_made(status);
  const UniqueFd writable = open_file(fmt::format("/proc/self/fd/{}", file), O_WRONLY);
  fill_file(*origin, writable.get(), status);
  const auto now = status_of(writable.get(), "file of the image");
  if (as_made) records_.made(now);
  records_.filled(now, *origin, LazyRecords::Copy::Open);
}

void LazyTree::fill_all(std::size_t threads) {
  expand_all(threads);
  const Tree tree = scan_tree(root_, scan_options("", INT64_MAX));
  std::vector<const TreeEntry*> parallel;
  std::vector<const TreeEntry*> serial;
  for (const auto& entry : tree.entries) {
    if (!entry.origin || entry.first_link != TreeEntry::kNone) continue;
    (is_for_several_threads(*entry.origin) ? parallel : serial).push_back(&entry);
  }
  const auto fill_entry = [&](const TreeEntry& entry) {
    const auto [folder, name] = root_.open_parent(entry.path);
    const UniqueFd fd(::openat(folder.get(), name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw system_error("open", entry.path, errno);
    const auto status = status_of(fd.get(), entry.path);
    const auto origin = records_.take_hole(status);
    if (!origin) return;
    fill_file(*origin, fd.get(), status);
    records_.filled(status_of(fd.get(), entry.path), *origin, LazyRecords::Copy::Complete);
  };
  parallel_for(parallel.size(), threads, [&](std::size_t i) { fill_entry(*parallel[i]); });
  for (const auto* entry : serial) fill_entry(*entry);
  ::usleep(kTick);
}

bool LazyTree::get_ready_for_programs(std::size_t threads) {
  const bool fills = !can_watch_opens();
  fills ? fill_all(threads) : expand_all(threads);
  return fills;
}

// Of what is a hole in the origin, the host must have none.
bool LazyTree::is_same_content(const std::string& path, const LazyRecords::Origin& origin) const {
  const UniqueFd fd = root_.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const auto is_hole = [&](std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return true;
    const off_t data = ::lseek(fd.get(), static_cast<off_t>(begin), SEEK_DATA);
    return data < 0 ? errno == ENXIO : static_cast<std::uint64_t>(data) >= end;
  };
  Bytes wanted;
  Bytes found;
  bool same = true;
  std::uint64_t done = 0;
  read_content(origin, wanted, [&](std::uint64_t at, std::span<std::byte> piece) {
    found.resize(piece.size());
    same =
        same && is_hole(done, at) &&
        ::pread(fd.get(), found.data(), found.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(found.size()) &&
        std::equal(piece.begin(), piece.end(), found.begin());
    done = at + piece.size();
  });
  return same && is_hole(done, origin.size);
}

ScanOptions LazyTree::scan_options(std::string_view mount_point, std::int64_t epoch) const {
  const std::string at = relative(mount_point);
  ScanOptions options{.epoch = epoch, .keep_acls = true};
  options.adjust = [this, at](TreeEntry& entry, const struct stat& status) {
    const std::string path = inside(at, entry.path);
    records_.add_extras(entry, path, status.st_ino);
    if (entry.type != EntryType::File || entry.size.value == 0) return;
    const auto same = [&](const LazyRecords::Origin& origin) { return is_same_content(path, origin); };
    if (const auto origin = records_.origin_of(status, same)) {
      entry.origin = origin->source;
      entry.origin_id = origin->id;
    }
  };
  options.known_xattrs = [this](const struct stat& status) { return records_.known_xattrs(status); };
  options.append_content = [this, epoch, names = std::map<std::size_t, SourceTree::FirstNames>()](
                               Tree& tree, const struct stat& status) mutable {
    const auto place = records_.unexpanded(status.st_ino);
    if (place) laid_out_[place->tree].tree->append_to(tree, place->item, epoch, names[place->tree]);
    return place.has_value();
  };
  return options;
}

LazyTree::Scan LazyTree::scan_changes(std::string_view mount_point, std::int64_t epoch) const {
  const std::string at = relative(mount_point);
  const auto is_here = [&](const LaidOut& place) { return place.at == at; };
  if (std::none_of(laid_out_.begin(), laid_out_.end(), is_here))
    throw Error(ErrorKind::Internal, fmt::format("cannot compare '{}': nothing was laid out there", mount_point));
  ScanOptions options = scan_options(mount_point, epoch);
  for (const auto& other : laid_out_) {
    if (at.empty() && !other.at.empty()) options.empty_folders.push_back(other.at);
    if (!at.empty() && other.at.starts_with(at + "/")) options.empty_folders.push_back(other.at.substr(at.size() + 1));
  }
  Scan scan;
  options.adjust = [&, adjust = options.adjust](TreeEntry& entry, const struct stat& status) {
    scan.changed |= !records_.is_as_made(status);
    adjust(entry, status);
  };
  const UniqueFd folder = root_.open(at, O_PATH | O_DIRECTORY);
  const RootDir part(std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", folder.get())));
  scan.tree = scan_tree(part, options);
  return scan;
}

std::size_t LazyTree::entries() const {
  std::size_t count = 0;
  for (const auto& place : laid_out_) count += place.tree->items().size() - 1;
  return count;
}

ByteCount LazyTree::content_size() const {
  ByteCount size;
  for (const auto& place : laid_out_) size = size + place.tree->content_size();
  return size;
}

std::int64_t LazyTree::newest() const {
  std::int64_t newest = 0;
  for (const auto& place : laid_out_) newest = std::max(newest, place.tree->newest());
  return newest;
}

}  // namespace keelson::image
